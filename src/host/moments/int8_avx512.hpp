#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

/// What the sources of kernels with AVX-512 share: panels of unsigned factors in which four rows of
/// a column lie side by side, [group of four rows][column][row].
namespace arete::avx512 {

inline constexpr std::size_t panel_columns = 32;  // two vectors of 16 int32 sums
inline constexpr std::size_t four_rows = 4;       // whose products one instruction sums
inline constexpr std::size_t four_rows_bytes = panel_columns * four_rows;

/// 32 columns of four rows.
struct FourRows {
  __m512i left;   ///< columns 0 to 15
  __m512i right;  ///< columns 16 to 31
};

/// Four rows of 32 bytes become 32 columns of four bytes.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) inline FourRows interleave(
    const __m256i (&r)[four_rows]) {
  const __m256i low01 = _mm256_unpacklo_epi8(r[0], r[1]);
  const __m256i high01 = _mm256_unpackhi_epi8(r[0], r[1]);
  const __m256i low23 = _mm256_unpacklo_epi8(r[2], r[3]);
  const __m256i high23 = _mm256_unpackhi_epi8(r[2], r[3]);
  const __m256i a = _mm256_unpacklo_epi16(low01, low23);    // columns 0-3, 16-19
  const __m256i b = _mm256_unpackhi_epi16(low01, low23);    // columns 4-7, 20-23
  const __m256i c = _mm256_unpacklo_epi16(high01, high23);  // columns 8-11, 24-27
  const __m256i d = _mm256_unpackhi_epi16(high01, high23);  // columns 12-15, 28-31
  return {_mm512_inserti64x4(_mm512_castsi256_si512(_mm256_permute2x128_si256(a, b, 0x20)),
                             _mm256_permute2x128_si256(c, d, 0x20), 1),
          _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_permute2x128_si256(a, b, 0x31)),
                             _mm256_permute2x128_si256(c, d, 0x31), 1)};
}

/// Signed bytes as unsigned ones that are 128 larger, or the other way round.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) inline __m512i shift(__m512i bytes) {
  return _mm512_xor_si512(bytes, _mm512_set1_epi8(static_cast<char>(0x80)));
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) inline void store(const FourRows& factors,
                                                                         std::byte* to) {
  _mm512_store_si512(to, factors.left);
  _mm512_store_si512(to + 64, factors.right);
}

/// Packs rows first .. first + 3, of `width` (at most 32) columns that begin `offset` bytes into
/// each row, as unsigned and as signed factors, of four_rows_bytes each. Unsigned factors of
/// missing rows are zero: they make every product zero, whatever the signed factor is.
template <bool is_signed>
__attribute__((target("avx512f,avx512bw,avx512vnni"))) inline void pack_four_rows(
    std::span<const std::byte* const> rows, std::size_t first, std::size_t offset,
    std::size_t width, std::byte* unsigned_bytes, std::byte* signed_bytes) {
  constexpr std::size_t prefetch_bytes = 64;  // ahead in a row: what the next panels read
  std::byte tail[four_rows][panel_columns];   // set where there is one
  __m256i r[four_rows];  // a plain array: std::array drops the attributes of vector types
  for (std::size_t i = 0; i < four_rows; ++i) {
    r[i] = is_signed ? _mm256_set1_epi8(static_cast<char>(0x80)) : _mm256_setzero_si256();
    if (first + i >= rows.size()) continue;
    const std::byte* row = rows[first + i] + offset;
    _mm_prefetch(reinterpret_cast<const char*>(row + prefetch_bytes), _MM_HINT_T0);
    if (width < panel_columns) {
      std::memset(tail[i], 0, panel_columns);
      std::memcpy(tail[i], row, width);
      row = tail[i];
    }
    r[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row));
  }
  const FourRows packed = interleave(r);
  const FourRows shifted{shift(packed.left), shift(packed.right)};
  store(is_signed ? shifted : packed, unsigned_bytes);
  store(is_signed ? packed : shifted, signed_bytes);
}

/// sums[0..31] += rows first .. last of a packed panel: products with ones.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) inline void sum_rows(const std::byte* panel,
                                                                            std::size_t first,
                                                                            std::size_t last,
                                                                            std::int32_t* sums) {
  __m512i left = _mm512_load_si512(sums);
  __m512i right = _mm512_load_si512(sums + 16);
  for (std::size_t row = first / four_rows * four_rows; row < last; row += four_rows) {
    std::uint32_t ones = 0x01010101;  // a byte for each of the four rows
    if (row < first) ones <<= 8 * (first - row);
    if (row + four_rows > last) ones &= 0x01010101U >> 8 * (row + four_rows - last);
    const __m512i weights = _mm512_set1_epi32(static_cast<int>(ones));
    const std::byte* group = panel + row / four_rows * four_rows_bytes;
    left = _mm512_dpbusd_epi32(left, _mm512_load_si512(group), weights);
    right = _mm512_dpbusd_epi32(right, _mm512_load_si512(group + 64), weights);
  }
  _mm512_store_si512(sums, left);
  _mm512_store_si512(sums + 16, right);
}

}  // namespace arete::avx512
