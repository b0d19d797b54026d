#pragma once

#include <cstddef>
#include <cstdint>

#include "device/runtime/device.hpp"

namespace arete::device {

/// How rows of bytes are scored.
enum class ScoreMethod : std::uint8_t {
  automatic,  ///< by digits, where all lambdas together have tuning.digits_from_weights
  digits,
  float64,
};

/// Sizes that decide how fast a session is. Tests choose small ones, so that small data crosses
/// every border. None depends on how many lambdas, ranks or rows there are, and of the bits of
/// results only those of floats, `batched_below` and `score_tile_bytes` change any.
struct Tuning {
  std::size_t slice_bytes = std::size_t{64} << 20;  ///< of rows that travel at once
  std::size_t panel_rows = Int8Product::most_rows;  ///< rows of one int8 product, at most
  std::size_t strip_width = 2048;                   ///< features of one; a multiple of 16
  std::size_t least_panel_rows = 256;               ///< where memory is short; likewise
  GramProduct::Method float_gram = GramProduct::Method::syrk;  ///< Not measured
  std::size_t batched_below = 512;                         ///< features; see Factors. Not measured
  std::size_t score_tile_bytes = std::size_t{256} << 20;   ///< of rows scored at once in float64
  std::size_t digit_tile_bytes = std::size_t{512} << 20;   ///< of int32 products at once
  std::size_t digits_from_weights = std::size_t{1} << 20;  ///< Not measured
  ScoreMethod score = ScoreMethod::automatic;
  bool keep_rows = true;  ///< on the device, where there is room
};

}  // namespace arete::device
