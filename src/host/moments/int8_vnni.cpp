#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "arete/moments/int8_instructions.hpp"

namespace arete {

namespace {

constexpr std::size_t panel_columns = 32;  // two vectors of 16 int32 sums
constexpr std::size_t tile_columns = 8;    // 8 x 2 vectors of sums stay in registers
constexpr std::size_t group_rows = 4;      // vpdpbusd sums four products
constexpr std::size_t group_bytes = panel_columns * group_rows;
constexpr std::size_t prefetch_bytes = 64;  // ahead in a row: what the next panels read

/// sums[i][0..31] += over all row groups of  signed column (tile + i) x unsigned columns 0..31.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void multiply_tile(const std::byte* panel,
                                                                          const std::byte* tile,
                                                                          std::size_t groups,
                                                                          std::int32_t* sums) {
  __m512i left[tile_columns];  // plain arrays: std::array drops the attributes of vector types
  __m512i right[tile_columns];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < tile_columns; ++i) {
    left[i] = _mm512_load_si512(sums + i * panel_columns);
    right[i] = _mm512_load_si512(sums + i * panel_columns + 16);
  }
  for (std::size_t g = 0; g < groups; ++g) {
    const __m512i u0 = _mm512_load_si512(panel + g * 128);
    const __m512i u1 = _mm512_load_si512(panel + g * 128 + 64);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < tile_columns; ++i) {
      std::int32_t four_rows = 0;
      std::memcpy(&four_rows, tile + g * 128 + i * group_rows, sizeof four_rows);
      const __m512i s = _mm512_set1_epi32(four_rows);
      left[i] = _mm512_dpbusd_epi32(left[i], u0, s);
      right[i] = _mm512_dpbusd_epi32(right[i], u1, s);
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < tile_columns; ++i) {
    _mm512_store_si512(sums + i * panel_columns, left[i]);
    _mm512_store_si512(sums + i * panel_columns + 16, right[i]);
  }
}

/// Four rows of 32 bytes become 32 columns of four bytes.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) inline void interleave(
    const __m256i (&r)[group_rows], __m512i& columns0, __m512i& columns1) {
  const __m256i low01 = _mm256_unpacklo_epi8(r[0], r[1]);
  const __m256i high01 = _mm256_unpackhi_epi8(r[0], r[1]);
  const __m256i low23 = _mm256_unpacklo_epi8(r[2], r[3]);
  const __m256i high23 = _mm256_unpackhi_epi8(r[2], r[3]);
  const __m256i a = _mm256_unpacklo_epi16(low01, low23);    // columns 0-3, 16-19
  const __m256i b = _mm256_unpackhi_epi16(low01, low23);    // columns 4-7, 20-23
  const __m256i c = _mm256_unpacklo_epi16(high01, high23);  // columns 8-11, 24-27
  const __m256i d = _mm256_unpackhi_epi16(high01, high23);  // columns 12-15, 28-31
  columns0 = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_permute2x128_si256(a, b, 0x20)),
                                _mm256_permute2x128_si256(c, d, 0x20), 1);
  columns1 = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_permute2x128_si256(a, b, 0x31)),
                                _mm256_permute2x128_si256(c, d, 0x31), 1);
}

/// Packs `width` (at most 32) columns of `rows`, which begin `offset` bytes into each row. Rows and
/// columns that are missing count as zero: as unsigned factors they make every product zero,
/// whatever the signed one is.
template <bool is_signed>
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void pack_panel(
    std::span<const std::byte* const> rows, std::size_t offset, std::size_t width,
    std::byte* unsigned_bytes, std::byte* signed_bytes) {
  const __m512i shift = _mm512_set1_epi8(static_cast<char>(0x80));
  std::array<std::array<std::byte, panel_columns>, group_rows> tail{};
  for (std::size_t first = 0; first < rows.size(); first += group_rows) {
    const std::size_t count = std::min(group_rows, rows.size() - first);
    __m256i r[group_rows];
    for (std::size_t i = 0; i < group_rows; ++i) {
      r[i] = is_signed ? _mm256_set1_epi8(static_cast<char>(0x80)) : _mm256_setzero_si256();
      if (i >= count) continue;
      const std::byte* row = rows[first + i] + offset;
      _mm_prefetch(reinterpret_cast<const char*>(row + prefetch_bytes), _MM_HINT_T0);
      if (width < panel_columns) {
        std::memcpy(tail[i].data(), row, width);
        row = tail[i].data();
      }
      r[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row));
    }
    __m512i columns0;
    __m512i columns1;
    interleave(r, columns0, columns1);
    const __m512i shifted0 = _mm512_xor_si512(columns0, shift);
    const __m512i shifted1 = _mm512_xor_si512(columns1, shift);
    const std::size_t at = first / group_rows * group_bytes;
    _mm512_store_si512(unsigned_bytes + at, is_signed ? shifted0 : columns0);
    _mm512_store_si512(unsigned_bytes + at + 64, is_signed ? shifted1 : columns1);
    _mm512_store_si512(signed_bytes + at, is_signed ? columns0 : shifted0);
    _mm512_store_si512(signed_bytes + at + 64, is_signed ? columns1 : shifted1);
  }
}

/// sums[0..31] += rows first .. last of a packed panel: products with ones.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void sum_rows(const std::byte* panel,
                                                                     std::size_t first,
                                                                     std::size_t last,
                                                                     std::int32_t* sums) {
  __m512i left = _mm512_load_si512(sums);
  __m512i right = _mm512_load_si512(sums + 16);
  for (std::size_t row = first / group_rows * group_rows; row < last; row += group_rows) {
    std::uint32_t ones = 0x01010101;  // a byte for each of the four rows
    if (row < first) ones <<= 8 * (first - row);
    if (row + group_rows > last) ones &= 0x01010101U >> 8 * (row + group_rows - last);
    const __m512i weights = _mm512_set1_epi32(static_cast<int>(ones));
    const std::byte* group = panel + row / group_rows * group_bytes;
    left = _mm512_dpbusd_epi32(left, _mm512_load_si512(group), weights);
    right = _mm512_dpbusd_epi32(right, _mm512_load_si512(group + 64), weights);
  }
  _mm512_store_si512(sums, left);
  _mm512_store_si512(sums + 16, right);
}

constexpr Int8Instructions instructions = {
    .pack_unsigned = pack_panel<false>,
    .pack_signed = pack_panel<true>,
    .multiply = multiply_tile,
    .sum_rows = sum_rows,
    .panel_columns = panel_columns,
    .tile_columns = tile_columns,
    .group_rows = group_rows,
    .value_bytes = 1,
    .block_groups = 128,  // 16 KiB of a panel
    .unit_columns = 256,
    .most_rows = 65536,  // 255 x 128 x rows < 2^31 holds up to 65,793
    .shift = 128,
    .rate = 200e9,
};

}  // namespace

const Int8Instructions* vnni_instructions() noexcept {
  __builtin_cpu_init();
  const bool present = __builtin_cpu_supports("avx512f") != 0 &&
                       __builtin_cpu_supports("avx512bw") != 0 &&
                       __builtin_cpu_supports("avx512vnni") != 0;
  return present ? &instructions : nullptr;
}

}  // namespace arete
