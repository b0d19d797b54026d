#include "arete/moments/convert_rows.hpp"

#include <cmath>
#include <limits>

#include "arete/core/error.hpp"

namespace arete {

namespace {

constexpr double most_integral = 65536.0;  // 2^16: products below 2^32, exact in any shard's sum

/// The loops below are compiled three times and chosen when the library is loaded, since the
/// baseline CPU has 2 lanes and not 8. None of them rounds, so the choice shows only in the time.
template <typename From, typename To>
[[gnu::always_inline]] inline void convert_loop(const std::byte* from, std::size_t count,
                                                To* into) {
  const From* values = reinterpret_cast<const From*>(from);
  for (std::size_t i = 0; i < count; ++i) into[i] = static_cast<To>(values[i]);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void convert_uint8(const std::byte* from,
                                                                        std::size_t count,
                                                                        double* into) {
  convert_loop<std::uint8_t>(from, count, into);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void convert_float32(const std::byte* from,
                                                                          std::size_t count,
                                                                          double* into) {
  convert_loop<float>(from, count, into);
}

template <typename T>
[[gnu::always_inline]] inline bool finite_loop(const T* values, std::size_t count) {
  int finite = 1;
  for (std::size_t i = 0; i < count; ++i) {
    finite &= static_cast<int>(std::abs(values[i]) <= std::numeric_limits<T>::max());
  }
  return finite != 0;
}

[[gnu::target_clones("avx512f", "avx2", "default")]] bool all_finite(const float* values,
                                                                     std::size_t count) {
  return finite_loop(values, count);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] bool all_finite(const double* values,
                                                                     std::size_t count) {
  return finite_loop(values, count);
}

template <typename T>
void narrow(ValueRange& range, const T* values, std::size_t count) {
  T lowest = 0;
  T highest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const T x = values[i];
    if (x != std::trunc(x)) {
      range = {false, false, false};
      return;
    }
    lowest = x < lowest ? x : lowest;
    highest = x > highest ? x : highest;
  }
  range.integral &= lowest >= -most_integral && highest <= most_integral;
  range.fits_uint8 &= lowest >= 0 && highest <= 255;
  range.fits_int8 &= lowest >= -128 && highest <= 127;
}

template <typename T>
ValueRange examine_as(const RowGroup& group, std::string_view source) {
  ValueRange range;
  for (std::size_t i = 0; i < group.rows.size(); ++i) {
    const T* row = reinterpret_cast<const T*>(group.rows[i]);
    if (!all_finite(row, group.features)) {
      std::size_t column = 0;
      while (std::isfinite(row[column])) ++column;
      fail(ErrorKind::input, "{}: row {}, column {} is {}; every value must be a finite number",
           source, group.numbers[i], column, row[column]);
    }
    if (range.integral) narrow(range, row, group.features);
  }
  return range;
}

}  // namespace

ValueRange examine(const RowGroup& group, std::string_view source) {
  return group.type == ElementType::float32 ? examine_as<float>(group, source)
                                            : examine_as<double>(group, source);
}

void to_float64(ElementType type, const std::byte* from, std::size_t count, double* into) {
  switch (type) {
    case ElementType::uint8:
      return convert_uint8(from, count, into);
    case ElementType::int8:
      return convert_loop<std::int8_t>(from, count, into);
    case ElementType::int16:
      return convert_loop<std::int16_t>(from, count, into);
    case ElementType::float32:
      return convert_float32(from, count, into);
    case ElementType::float64:
      return convert_loop<double>(from, count, into);
  }
}

void to_int8(ElementType type, const std::byte* from, std::size_t count, bool is_signed,
             std::byte* into) {
  const auto convert = [&]<typename T>(T* bytes) {
    type == ElementType::float32 ? convert_loop<float>(from, count, bytes)
                                 : convert_loop<double>(from, count, bytes);
  };
  if (is_signed) {
    convert(reinterpret_cast<std::int8_t*>(into));
  } else {
    convert(reinterpret_cast<std::uint8_t*>(into));
  }
}

}  // namespace arete
