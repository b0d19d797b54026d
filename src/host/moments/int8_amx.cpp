#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arete/moments/int8_avx512.hpp"
#include "arete/moments/int8_instructions.hpp"

namespace arete {

namespace {

using avx512::four_rows_bytes;
using avx512::panel_columns;

// A tile has 16 rows of 64 bytes. One instruction multiplies a tile of signed factors, [column][64
// rows], by one of unsigned factors, [16 groups of four rows][column][row], into one of sums.
constexpr std::size_t side = 16;  // columns of a tile, and groups of four rows
constexpr std::size_t tile_bytes = 64;
constexpr std::size_t group_rows = side * avx512::four_rows;
constexpr std::size_t group_bytes = panel_columns * group_rows;
constexpr std::size_t sum_bytes = panel_columns * sizeof(std::int32_t);

struct alignas(64) TileShapes {
  std::uint8_t palette = 1;
  std::uint8_t first_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileShapes) == 64);
constexpr TileShapes eight_full_tiles;

__attribute__((target("amx-tile"))) void open_tiles() { _tile_loadconfig(&eight_full_tiles); }

__attribute__((target("amx-tile"))) void close_tiles() { _tile_release(); }

/// sums[0..31][0..31] += over all groups of  signed columns (tile)' x unsigned columns (panel).
__attribute__((target("amx-tile,amx-int8"))) void multiply_tile(const std::byte* panel,
                                                                const std::byte* tile,
                                                                std::size_t groups,
                                                                std::int32_t* sums) {
  constexpr std::size_t below = side * panel_columns;
  _tile_loadd(0, sums, sum_bytes);
  _tile_loadd(1, sums + side, sum_bytes);
  _tile_loadd(2, sums + below, sum_bytes);
  _tile_loadd(3, sums + below + side, sum_bytes);
  for (std::size_t g = 0; g < groups; ++g, panel += group_bytes, tile += group_bytes) {
    _tile_loadd(4, tile, tile_bytes);
    _tile_loadd(5, tile + side * tile_bytes, tile_bytes);
    _tile_loadd(6, panel, four_rows_bytes);
    _tile_loadd(7, panel + tile_bytes, four_rows_bytes);
    _tile_dpbsud(0, 4, 6);
    _tile_dpbsud(1, 4, 7);
    _tile_dpbsud(2, 5, 6);
    _tile_dpbsud(3, 5, 7);
  }
  _tile_stored(0, sums, sum_bytes);
  _tile_stored(1, sums + side, sum_bytes);
  _tile_stored(2, sums + below, sum_bytes);
  _tile_stored(3, sums + below + side, sum_bytes);
}

/// 16 groups of four rows of 16 columns, four_rows_bytes apart, become 16 columns of 64 rows.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void transpose(const std::byte* groups,
                                                                      std::byte* columns) {
  __m512i a[side];
  __m512i b[side];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < side; ++i) {
    a[i] = _mm512_load_si512(groups + i * four_rows_bytes);
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < side; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < side; i += 4) {  // a[i + c]: of columns c, c + 4, c + 8, c + 12
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
#pragma GCC unroll 4
  for (std::size_t c = 0; c < 4; ++c) {
    const __m512i low0 = _mm512_shuffle_i32x4(a[c], a[c + 4], 0x44);
    const __m512i high0 = _mm512_shuffle_i32x4(a[c], a[c + 4], 0xee);
    const __m512i low1 = _mm512_shuffle_i32x4(a[c + 8], a[c + 12], 0x44);
    const __m512i high1 = _mm512_shuffle_i32x4(a[c + 8], a[c + 12], 0xee);
    std::byte* column = columns + c * tile_bytes;
    _mm512_store_si512(column, _mm512_shuffle_i32x4(low0, low1, 0x88));
    _mm512_store_si512(column + 4 * tile_bytes, _mm512_shuffle_i32x4(low0, low1, 0xdd));
    _mm512_store_si512(column + 8 * tile_bytes, _mm512_shuffle_i32x4(high0, high1, 0x88));
    _mm512_store_si512(column + 12 * tile_bytes, _mm512_shuffle_i32x4(high0, high1, 0xdd));
  }
}

template <bool is_signed>
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void pack_panel(
    std::span<const std::byte* const> rows, std::size_t offset, std::size_t width,
    std::byte* unsigned_bytes, std::byte* signed_bytes) {
  alignas(64) std::byte fours[group_bytes];  // signed factors, as unsigned ones lie
  for (std::size_t first = 0; first < rows.size(); first += group_rows) {
    for (std::size_t i = 0; i < side; ++i) {
      const std::size_t at = i * four_rows_bytes;
      avx512::pack_four_rows<is_signed>(rows, first + i * avx512::four_rows, offset, width,
                                        unsigned_bytes + at, fours + at);
    }
    transpose(fours, signed_bytes);
    transpose(fours + tile_bytes, signed_bytes + side * tile_bytes);
    unsigned_bytes += group_bytes;
    signed_bytes += group_bytes;
  }
}

/// Linux gives tiles to processes that ask for them: their state makes the frames of signals
/// larger.
bool get_tiles() noexcept {
  constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tile_data = 18;               // XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

bool has_instructions() noexcept {
  constexpr unsigned amx_tile = 1U << 24;
  constexpr unsigned amx_int8 = 1U << 25;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & amx_tile) != 0 &&
         (d & amx_int8) != 0 && vnni_instructions() != nullptr;
}

constexpr Int8Instructions instructions = {
    .pack_unsigned = pack_panel<false>,
    .pack_signed = pack_panel<true>,
    .multiply = multiply_tile,
    .sum_rows = avx512::sum_rows,
    .begin = open_tiles,
    .end = close_tiles,
    .panel_columns = panel_columns,
    .tile_columns = panel_columns,
    .group_rows = group_rows,
    .value_bytes = 1,
    .block_groups = 8,  // 16 KiB of a panel
    .unit_columns = 256,
    .most_rows = 65536,  // 255 x 128 x rows < 2^31 holds up to 65,793
    .shift = 128,
    .rate = 500e9,
};

}  // namespace

const Int8Instructions* amx_instructions() noexcept {
  static const bool present = has_instructions() && get_tiles();
  return present ? &instructions : nullptr;
}

}  // namespace arete
