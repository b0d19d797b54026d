#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "arete/moments/int8_instructions.hpp"

// The bytes are packed as int16: vpmaddwd multiplies two of them at a time and adds the products,
// exactly. vpmaddubsw would take bytes, but saturates.
namespace arete {

namespace {

constexpr std::size_t vectors = 3;  // of 8 int32 sums
constexpr std::size_t panel_columns = 8 * vectors;
constexpr std::size_t tile_columns = 4;  // 4 x 3 vectors of sums stay in the 16 registers
constexpr std::size_t group_rows = 2;    // vpmaddwd sums two products
constexpr std::size_t column_bytes = group_rows * sizeof(std::int16_t);
constexpr std::size_t group_bytes = panel_columns * column_bytes;

constexpr std::size_t prefetch_bytes = 64;  // ahead in a row: what the next panels read

__attribute__((target("avx2"))) inline __m256i load(const void* from) {
  return _mm256_load_si256(static_cast<const __m256i*>(from));
}

__attribute__((target("avx2"))) inline void store(void* into, __m256i values) {
  _mm256_store_si256(static_cast<__m256i*>(into), values);
}

__attribute__((target("avx2"))) void multiply_tile(const std::byte* panel, const std::byte* tile,
                                                   std::size_t groups, std::int32_t* sums) {
  __m256i sum[tile_columns][vectors];  // plain: std::array drops the attributes of vector types
#pragma GCC unroll 4
  for (std::size_t i = 0; i < tile_columns; ++i) {
#pragma GCC unroll 3
    for (std::size_t v = 0; v < vectors; ++v) sum[i][v] = load(sums + i * panel_columns + 8 * v);
  }
  for (std::size_t g = 0; g < groups; ++g) {
    __m256i columns[vectors];
#pragma GCC unroll 3
    for (std::size_t v = 0; v < vectors; ++v) columns[v] = load(panel + g * group_bytes + 32 * v);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < tile_columns; ++i) {
      std::int32_t two_rows = 0;
      std::memcpy(&two_rows, tile + g * group_bytes + i * column_bytes, sizeof two_rows);
      const __m256i factor = _mm256_set1_epi32(two_rows);
#pragma GCC unroll 3
      for (std::size_t v = 0; v < vectors; ++v) {
        sum[i][v] = _mm256_add_epi32(sum[i][v], _mm256_madd_epi16(columns[v], factor));
      }
    }
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < tile_columns; ++i) {
#pragma GCC unroll 3
    for (std::size_t v = 0; v < vectors; ++v) store(sums + i * panel_columns + 8 * v, sum[i][v]);
  }
}

/// 8 columns of two rows, as int16: the rows' low or high bytes, [column][row].
template <bool is_signed>
__attribute__((target("avx2"))) inline __m256i widen(__m128i columns) {
  return is_signed ? _mm256_cvtepi8_epi16(columns) : _mm256_cvtepu8_epi16(columns);
}

/// A row that is missing counts as zero, and so do columns.
template <bool is_signed>
__attribute__((target("avx2"))) void pack_panel(std::span<const std::byte* const> rows,
                                                std::size_t offset, std::size_t width,
                                                std::byte* panel, std::byte* /*second*/) {
  std::array<std::array<std::byte, panel_columns>, group_rows> tail{};
  for (std::size_t first = 0; first < rows.size(); first += group_rows) {
    const std::size_t count = std::min(group_rows, rows.size() - first);
    __m128i left[group_rows];   // 16 columns
    __m128i right[group_rows];  // the other 8
    for (std::size_t i = 0; i < group_rows; ++i) {
      left[i] = _mm_setzero_si128();
      right[i] = _mm_setzero_si128();
      if (i >= count) continue;
      const std::byte* row = rows[first + i] + offset;
      _mm_prefetch(reinterpret_cast<const char*>(row + prefetch_bytes), _MM_HINT_T0);
      if (width < panel_columns) {
        std::memcpy(tail[i].data(), row, width);
        row = tail[i].data();
      }
      left[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
      right[i] = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row + 16));
    }
    std::byte* group = panel + first / group_rows * group_bytes;
    store(group, widen<is_signed>(_mm_unpacklo_epi8(left[0], left[1])));
    store(group + 32, widen<is_signed>(_mm_unpackhi_epi8(left[0], left[1])));
    store(group + 64, widen<is_signed>(_mm_unpacklo_epi8(right[0], right[1])));
  }
}

/// Products with ones.
__attribute__((target("avx2"))) void sum_rows(const std::byte* panel, std::size_t first,
                                              std::size_t last, std::int32_t* sums) {
  __m256i sum[vectors];
#pragma GCC unroll 3
  for (std::size_t v = 0; v < vectors; ++v) sum[v] = load(sums + 8 * v);
  for (std::size_t row = first / group_rows * group_rows; row < last; row += group_rows) {
    std::uint32_t ones = 0x00010001;  // an int16 for each of the two rows
    if (row < first) ones <<= 16;
    if (row + group_rows > last) ones &= 0x00010001U >> 16;
    const __m256i weights = _mm256_set1_epi32(static_cast<int>(ones));
    const std::byte* group = panel + row / group_rows * group_bytes;
#pragma GCC unroll 3
    for (std::size_t v = 0; v < vectors; ++v) {
      sum[v] = _mm256_add_epi32(sum[v], _mm256_madd_epi16(load(group + 32 * v), weights));
    }
  }
#pragma GCC unroll 3
  for (std::size_t v = 0; v < vectors; ++v) store(sums + 8 * v, sum[v]);
}

constexpr Int8Instructions instructions = {
    .pack_unsigned = pack_panel<false>,
    .pack_signed = pack_panel<true>,
    .multiply = multiply_tile,
    .sum_rows = sum_rows,
    .begin = nullptr,
    .end = nullptr,
    .panel_columns = panel_columns,
    .tile_columns = tile_columns,
    .group_rows = group_rows,
    .value_bytes = sizeof(std::int16_t),
    .block_groups = 128,  // 12 KiB of a panel
    .unit_columns = 240,
    .most_rows = 32768,  // 255 x 255 x rows < 2^31 holds up to 33,025
    .shift = 0,
    .rate = 50e9,
};

}  // namespace

const Int8Instructions* avx2_instructions() noexcept {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0 ? &instructions : nullptr;
}

}  // namespace arete
