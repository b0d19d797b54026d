#pragma once

#include <string>

#include "arete/data/image_decode.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// One channel: the luma (299 R + 587 G + 114 B + 500) / 1000, rounded down, of ITU-R BT.601. An
/// image of one channel stays as it is.
[[nodiscard]] Image to_grayscale(Image image);

/// Three channels: grey is repeated. An image of three channels stays as it is.
[[nodiscard]] Image to_rgb(Image image);

/// What becomes of a decoded image, in this order: luma, resizing (resize_area), binarising (a
/// value above the threshold becomes 1, any other 0); each only where asked for.
[[nodiscard]] Image preprocess(Image image, const Preprocessing& preprocessing);

/// Throws Error (usage) naming `data`, which holds no images that could be preprocessed, unless
/// nothing is asked for.
void refuse_preprocessing(const std::string& data, const Preprocessing& preprocessing);

}  // namespace arete
