#include <immintrin.h>

#include <cstring>

#include "arete/moments/int8_avx512.hpp"
#include "arete/moments/int8_instructions.hpp"

namespace arete {

namespace {

using avx512::four_rows_bytes;
using avx512::panel_columns;

constexpr std::size_t tile_columns = 8;  // 8 x 2 vectors of sums stay in registers

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
    const __m512i u0 = _mm512_load_si512(panel + g * four_rows_bytes);
    const __m512i u1 = _mm512_load_si512(panel + g * four_rows_bytes + 64);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < tile_columns; ++i) {
      std::int32_t four_rows = 0;
      std::memcpy(&four_rows, tile + g * four_rows_bytes + i * avx512::four_rows, sizeof four_rows);
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

template <bool is_signed>
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void pack_panel(
    std::span<const std::byte* const> rows, std::size_t offset, std::size_t width,
    std::byte* unsigned_bytes, std::byte* signed_bytes) {
  for (std::size_t first = 0; first < rows.size(); first += avx512::four_rows) {
    const std::size_t at = first / avx512::four_rows * four_rows_bytes;
    avx512::pack_four_rows<is_signed>(rows, first, offset, width, unsigned_bytes + at,
                                      signed_bytes + at);
  }
}

constexpr Int8Instructions instructions = {
    .pack_unsigned = pack_panel<false>,
    .pack_signed = pack_panel<true>,
    .multiply = multiply_tile,
    .sum_rows = avx512::sum_rows,
    .begin = nullptr,
    .end = nullptr,
    .panel_columns = panel_columns,
    .tile_columns = tile_columns,
    .group_rows = avx512::four_rows,  // vpdpbusd sums four products
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
