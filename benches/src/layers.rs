//! Layers of well-known networks, as shapes.

/// A convolution over square images.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// As in the network's definition.
    pub name: &'static str,
    /// Input channels.
    pub channels: usize,
    /// Output channels.
    pub out_channels: usize,
    /// Height and width of the input.
    pub len: usize,
    /// Height and width of the window.
    pub size: usize,
    /// Step along both axes.
    pub step: usize,
    /// Padding on every side.
    pub padding: usize,
    /// Groups.
    pub groups: usize,
    /// How often the network has it.
    pub count: usize,
}

impl Layer {
    /// Height and width of the output.
    #[must_use]
    pub fn out_len(&self) -> usize {
        (self.len + 2 * self.padding - self.size) / self.step + 1
    }

    /// Operations: two per multiply-add.
    #[must_use]
    pub fn flops(&self) -> f64 {
        let per_output = self.channels / self.groups * self.size * self.size;
        2.0 * (per_output * self.out_channels * self.out_len().pow(2)) as f64
    }
}

const fn layer(
    name: &'static str,
    [channels, out_channels, len]: [usize; 3],
    [size, step]: [usize; 2],
    count: usize,
) -> Layer {
    Layer { name, channels, out_channels, len, size, step, padding: size / 2, groups: 1, count }
}

/// The 23 different convolutions of ResNet-50 v1.5 (the step is in the 3 x 3 of a bottleneck), as in
/// He et al., "Deep Residual Learning for Image Recognition", table 1, and torchvision.
pub const RESNET_50: [Layer; 23] = [
    layer("conv1", [3, 64, 224], [7, 2], 1),
    layer("2.1x1.reduce.first", [64, 64, 56], [1, 1], 1),
    layer("2.3x3", [64, 64, 56], [3, 1], 3),
    layer("2.1x1.expand", [64, 256, 56], [1, 1], 4),
    layer("2.1x1.reduce", [256, 64, 56], [1, 1], 2),
    layer("3.1x1.reduce.first", [256, 128, 56], [1, 1], 1),
    layer("3.3x3.first", [128, 128, 56], [3, 2], 1),
    layer("3.1x1.expand", [128, 512, 28], [1, 1], 4),
    layer("3.shortcut", [256, 512, 56], [1, 2], 1),
    layer("3.1x1.reduce", [512, 128, 28], [1, 1], 3),
    layer("3.3x3", [128, 128, 28], [3, 1], 3),
    layer("4.1x1.reduce.first", [512, 256, 28], [1, 1], 1),
    layer("4.3x3.first", [256, 256, 28], [3, 2], 1),
    layer("4.1x1.expand", [256, 1024, 14], [1, 1], 6),
    layer("4.shortcut", [512, 1024, 28], [1, 2], 1),
    layer("4.1x1.reduce", [1024, 256, 14], [1, 1], 5),
    layer("4.3x3", [256, 256, 14], [3, 1], 5),
    layer("5.1x1.reduce.first", [1024, 512, 14], [1, 1], 1),
    layer("5.3x3.first", [512, 512, 14], [3, 2], 1),
    layer("5.1x1.expand", [512, 2048, 7], [1, 1], 3),
    layer("5.shortcut", [1024, 2048, 14], [1, 2], 1),
    layer("5.1x1.reduce", [2048, 512, 7], [1, 1], 2),
    layer("5.3x3", [512, 512, 7], [3, 1], 2),
];

const fn depthwise(name: &'static str, channels: usize, len: usize, step: usize) -> Layer {
    Layer {
        name,
        channels,
        out_channels: channels,
        len,
        size: 3,
        step,
        padding: 1,
        groups: channels,
        count: 1,
    }
}

/// Depthwise layers of MobileNet v2 (Sandler et al., table 2).
pub const MOBILENET_V2: [Layer; 9] = [
    depthwise("dw32@112", 32, 112, 1),
    depthwise("dw96@112s2", 96, 112, 2),
    depthwise("dw144@56", 144, 56, 1),
    depthwise("dw144@56s2", 144, 56, 2),
    depthwise("dw192@28", 192, 28, 1),
    depthwise("dw192@28s2", 192, 28, 2),
    depthwise("dw384@14", 384, 14, 1),
    depthwise("dw576@14s2", 576, 14, 2),
    depthwise("dw960@7", 960, 7, 1),
];
