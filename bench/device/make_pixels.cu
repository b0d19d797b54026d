#include <thrust/device_ptr.h>
#include <thrust/execution_policy.h>
#include <thrust/tabulate.h>

#include "make_pixels.hpp"

namespace arete::bench {

namespace {

/// splitmix64's output step, of the byte's number.
struct Pixel {
  std::uint64_t first = 0;
  constexpr std::uint8_t operator()(std::size_t i) const {
    std::uint64_t z = first + i + 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<std::uint8_t>((z ^ (z >> 31U)) >> 56U);
  }
};

}  // namespace

void make_pixels(std::uint64_t first, std::size_t count, std::uint8_t* into) {
  const thrust::device_ptr<std::uint8_t> begin(into);
  thrust::tabulate(thrust::device, begin, begin + static_cast<std::ptrdiff_t>(count), Pixel{first});
}

}  // namespace arete::bench
