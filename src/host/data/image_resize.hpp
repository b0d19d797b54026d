#pragma once

#include <cstdint>

#include "arete/data/image_decode.hpp"

namespace arete {

/// Throws Error (usage) unless an image may have this size: 1..max_image_side on each side, at most
/// max_image_pixels in all.
void check_image_size(std::uint32_t width, std::uint32_t height);

/// Resizes by area averaging, in exact integers: the same bytes on every machine.
///
/// Scale both images to the same rectangle. A target pixel is the mean of the source pixels it
/// covers, weighted by the covered area, rounded to nearest (halves up). In units of 1/(w W) along
/// a row of w source and W target pixels, source pixel x and target pixel X share
///   a(x, X) = max(0, min((x + 1) W, (X + 1) w) - max(x W, X w)),   sum over x of a(x, X) = w,
/// and with b(y, Y) likewise for h source and H target rows
///   target(Y, X) = floor((sum over y, x of b(y, Y) a(x, X) source(y, x) + floor(w h / 2)) / (w
///   h)).
/// Enlarging is the same formula: a target pixel within one source pixel is a copy of it.
///
/// Throws what check_image_size throws.
[[nodiscard]] Image resize_area(const Image& image, std::uint32_t width, std::uint32_t height);

}  // namespace arete
