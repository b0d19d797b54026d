#pragma once

#include <cstddef>
#include <cstdint>

namespace arete::bench {

/// Writes `count` random bytes into memory of the GPU: those numbered `first` and on of an endless
/// sequence that is the same every time. Returns when they are there.
void make_pixels(std::uint64_t first, std::size_t count, std::uint8_t* into);

}  // namespace arete::bench
