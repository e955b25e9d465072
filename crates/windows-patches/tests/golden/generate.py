"""Makes the golden files beside this script with the libraries whose orders they are.

    pip install numpy torch torchvision transformers pillow jax tensorflow-cpu
    python generate.py

The versions that made the committed files are in versions.txt. No model weights are needed.
"""

import importlib.metadata
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
PATCH = 4
rng = np.random.default_rng(7)
image = rng.integers(0, 256, (16, 24, 3), dtype=np.uint8)
square = np.ascontiguousarray(image[:, :16])
video = rng.integers(0, 256, (4, 16, 24, 3), dtype=np.uint8)


def save(name, array):
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(array))
    print(name, array.dtype, array.shape)


save("image", image)
save("video", video)


def torch_side():
    import torch
    from transformers import ViTMAEConfig, ViTMAEForPreTraining
    from transformers.models.pix2struct.image_processing_pil_pix2struct import Pix2StructImageProcessorPil
    from transformers.models.qwen2_vl.image_processing_qwen2_vl import Qwen2VLImageProcessor
    from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor
    from transformers.models.siglip2.image_processing_siglip2 import Siglip2ImageProcessor
    from transformers.models.vit.modeling_vit import ViTConfig, ViTPatchEmbeddings

    chw = torch.from_numpy(image).permute(2, 0, 1)

    # What a convolution with the identity as its weight gives is the order of its flattened weight.
    dim = 3 * PATCH * PATCH
    config = ViTConfig(image_size=[16, 24], patch_size=PATCH, hidden_size=dim)
    embed = ViTPatchEmbeddings(config)
    with torch.no_grad():
        embed.projection.weight.copy_(torch.eye(dim).reshape(dim, 3, PATCH, PATCH))
        embed.projection.bias.zero_()
        imagenet_mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
        imagenet_std = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
        normalised = (chw.float() / 255 - imagenet_mean) / imagenet_std
        save("vit_imagenet", embed(normalised[None])[0].numpy())

    config = ViTMAEConfig(
        image_size=16, patch_size=PATCH, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8, decoder_hidden_size=8, decoder_num_hidden_layers=1,
        decoder_num_attention_heads=1, decoder_intermediate_size=8,
    )
    mae = ViTMAEForPreTraining(config)
    pixels = torch.from_numpy(square).permute(2, 0, 1).float()[None]
    save("mae", mae.patchify(pixels)[0].numpy().astype(np.uint8))

    siglip = Siglip2ImageProcessor(patch_size=PATCH, do_resize=False, max_num_patches=30)
    made = siglip([image], return_tensors="pt", input_data_format="channels_last")
    save("siglip2_half_limit30", made["pixel_values"][0].numpy())

    # As many patches as fit, so that the processor does not resize. Its deviation is that of all samples, as
    # in the model's own TensorFlow code; the torch processor divides by one less.
    pix2struct = Pix2StructImageProcessorPil(patch_size={"height": PATCH, "width": PATCH}, max_patches=24)
    made = pix2struct(image, return_tensors="pt", input_data_format="channels_last")
    save("pix2struct", made["flattened_patches"][0].numpy())

    kinds = dict(patch_size=PATCH, merge_size=2, temporal_patch_size=2, do_resize=False)
    qwen = Qwen2VLImageProcessor(**kinds)
    made = qwen([image], return_tensors="pt", input_data_format="channels_last")
    save("qwen2vl_clip", made["pixel_values"].numpy())
    save("qwen2vl_grid_thw", made["image_grid_thw"].numpy())
    qwen = Qwen2VLVideoProcessor(**kinds, do_sample_frames=False)
    made = qwen(
        videos=[torch.from_numpy(video).permute(0, 3, 1, 2)], return_tensors="pt"
    )
    save("qwen2vl_video_clip", made["pixel_values_videos"].numpy())
    save("qwen2vl_video_grid_thw", made["video_grid_thw"].numpy())

    unfolded = torch.nn.functional.unfold(chw.float()[None], PATCH, stride=PATCH)
    save("torch_unfold", unfolded[0].numpy().astype(np.uint8))
    unfolded = torch.nn.functional.unfold(chw.float()[None], (3, 4), stride=(1, 2))
    save("torch_unfold_3x4_step_1x2", unfolded[0].numpy().astype(np.uint8))


def jax_side():
    import jax

    # Bytes are exact in f32, and the one-hot convolution that makes the patches adds zeros.
    nhwc = image[None].astype(np.float32)
    patches = jax.lax.conv_general_dilated_patches(
        nhwc, (PATCH, PATCH), (PATCH, PATCH), "VALID", dimension_numbers=("NHWC", "OIHW", "NHWC"),
        precision=jax.lax.Precision.HIGHEST,
    )
    save("jax_patches", np.asarray(patches)[0].astype(np.uint8))


def tensorflow_side():
    import tensorflow as tf

    patches = tf.image.extract_patches(
        image[None].astype(np.int32), [1, PATCH, PATCH, 1], [1, PATCH, PATCH, 1], [1, 1, 1, 1], "VALID"
    )
    save("tf_extract_patches", patches.numpy()[0].astype(np.uint8))
    made = tf.image.per_image_standardization(image)
    save("tf_per_image_standardization", made.numpy())


torch_side()
jax_side()
tensorflow_side()
names = ["numpy", "torch", "torchvision", "transformers", "jax", "tensorflow-cpu"]
(HERE / "versions.txt").write_text(
    "".join(f"{name} {importlib.metadata.version(name)}\n" for name in names)
)
