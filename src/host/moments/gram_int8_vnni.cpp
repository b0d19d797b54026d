#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "arete/core/parallel.hpp"
#include "arete/moments/gram_int8.hpp"

namespace arete {

namespace {

constexpr std::size_t panel_columns = 32;  // two vectors of 16 int32 sums
constexpr std::size_t tile_columns = 8;    // 8 x 2 vectors of sums stay in registers
constexpr std::size_t group_rows = 4;      // vpdpbusd sums four products
constexpr std::size_t group_bytes = panel_columns * group_rows;
constexpr std::size_t block_groups = 128;  // multiplied at once: 16 KiB of a panel, in the L1 cache
constexpr std::size_t unit_columns =
    256;  // the longest share of a panel's tiles that one thread takes

constexpr std::size_t prefetch_bytes = 64;  // ahead in a row: what the next panels read

/// sums[i][0..31] += over all row groups of  signed column (tile + i) x unsigned columns 0..31.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void multiply_tile(const std::uint8_t* panel,
                                                                          const std::int8_t* tile,
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
    std::uint8_t* unsigned_bytes, std::int8_t* signed_bytes) {
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
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void sum_rows(const std::uint8_t* panel,
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
    const std::uint8_t* group = panel + row / group_rows * group_bytes;
    left = _mm512_dpbusd_epi32(left, _mm512_load_si512(group), weights);
    right = _mm512_dpbusd_epi32(right, _mm512_load_si512(group + 64), weights);
  }
  _mm512_store_si512(sums, left);
  _mm512_store_si512(sums + 16, right);
}

/// Takes the rows into `panels`, sorted by their classes: sums over a class are then sums over
/// neighbours.
void sort_by_class(std::span<const std::byte* const> rows, std::span<const std::int32_t> labels,
                   std::size_t classes, Int8Panels& panels) {
  std::vector<std::size_t>& ends = panels.class_ends;
  ends.assign(classes + 1, 0);
  for (const std::int32_t label : labels) ++ends[static_cast<std::size_t>(label) + 1];
  for (std::size_t k = 0; k < classes; ++k) ends[k + 1] += ends[k];
  panels.rows.resize(rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    panels.rows[ends[static_cast<std::size_t>(labels[r])]++] = rows[r];
  }
  ends.pop_back();
}

constexpr std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

std::size_t panel_count(std::size_t features) { return divide_up(features, panel_columns); }

/// Rows that are packed before threads wait for each other: many, as far as they stay in the
/// caches.
std::size_t rows_of_chunk(std::size_t features) {
  constexpr std::size_t packed_bytes = std::size_t{16} << 20;
  return std::clamp<std::size_t>(packed_bytes / (2 * features), 1024, 2048) / group_rows *
         group_rows;
}

/// Panels come before panel p with (1 + ... + p) x 32 columns of 32 sums each.
constexpr std::size_t sums_before(std::size_t panel) {
  return panel * (panel + 1) / 2 * panel_columns * panel_columns;
}

}  // namespace

bool has_int8_products() noexcept {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vnni") != 0;
}

Int8Panels::Int8Panels(std::size_t features)
    : most_rows(rows_of_chunk(features)),
      unsigned_bytes(size(features) / 2),
      signed_bytes(size(features) / 2) {}

std::size_t Int8Panels::size(std::size_t features) noexcept {
  return 2 * panel_count(features) * panel_columns * rows_of_chunk(features);
}

std::size_t Int8Gram::size(std::size_t features, std::size_t classes) noexcept {
  const std::size_t panels = panel_count(features);
  return (sums_before(panels) + classes * panels * panel_columns) * sizeof(std::int32_t);
}

Int8Gram::Int8Gram(std::size_t features, std::size_t classes, bool is_signed, std::size_t teams)
    : features_(features),
      classes_(classes),
      is_signed_(is_signed),
      panels_(panel_count(features)),
      teams_(teams),
      class_rows_(classes, 0) {
  for (Team& team : teams_) {
    team.gram = Buffer<std::int32_t>(sums_before(panels_));
    team.class_sums = Matrix<std::int32_t>(classes, panels_ * panel_columns);
    clear(team);
  }
  // Units that read the same signed columns follow each other: those columns stay in the L2 cache.
  for (std::size_t first = 0; first < panels_ * panel_columns; first += unit_columns) {
    for (std::size_t panel = first / panel_columns; panel < panels_; ++panel) {
      units_.push_back({panel, first, std::min((panel + 1) * panel_columns, first + unit_columns)});
    }
  }
}

void Int8Gram::clear(Team& team) {
  team.rows = 0;
  std::fill(team.gram.begin(), team.gram.end(), 0);
  std::ranges::fill(team.class_sums.span(), 0);
}

std::size_t Int8Gram::free_rows() const noexcept {
  // Whichever team takes the next rows, perhaps all of them.
  std::size_t most = 0;
  for (const Team& team : teams_) most = std::max(most, team.rows);
  return most_rows - most;
}

void Int8Gram::add(std::span<const std::byte* const> rows, std::span<const std::int32_t> labels,
                   std::span<Int8Panels> panels, int threads) {
  for (const std::int32_t label : labels) ++class_rows_[static_cast<std::size_t>(label)];
  if (rows.empty()) return;
  const std::size_t teams = teams_.size();
  const std::size_t rounds = divide_up(rows.size(), teams * panels.front().most_rows);
  const std::size_t length =
      divide_up(divide_up(rows.size(), rounds * teams), group_rows) * group_rows;
  const int team_threads = teams == 1 ? threads : 1;
  const int active = teams == 1 ? 1 : std::min(threads, static_cast<int>(teams));
  parallel_for(divide_up(rows.size(), length), active, [&](std::size_t chunk) {
    const std::size_t first = chunk * length;
    const std::size_t count = std::min(length, rows.size() - first);
    const auto team = static_cast<std::size_t>(omp_get_thread_num());
    sort_by_class(rows.subspan(first, count), labels.subspan(first, count), classes_, panels[team]);
    add_chunk(teams_[team], panels[team], team_threads);
  });
}

void Int8Gram::add_chunk(Team& team, Int8Panels& panels, int threads) {
  const std::size_t groups = divide_up(panels.rows.size(), group_rows);
  const std::size_t panel_bytes = panels.most_rows * panel_columns;
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(dynamic)
    for (std::size_t panel = 0; panel < panels_; ++panel) {
      const std::size_t column = panel * panel_columns;
      std::uint8_t* unsigned_bytes = panels.unsigned_bytes.data() + panel * panel_bytes;
      const auto pack = is_signed_ ? pack_panel<true> : pack_panel<false>;
      pack(panels.rows, column, std::min(panel_columns, features_ - column), unsigned_bytes,
           panels.signed_bytes.data() + panel * panel_bytes);
      for (std::size_t k = 0; k < classes_; ++k) {
        const std::size_t first = k == 0 ? 0 : panels.class_ends[k - 1];
        sum_rows(unsigned_bytes, first, panels.class_ends[k], &team.class_sums(k, column));
      }
    }
#pragma omp for schedule(dynamic)
    for (const Unit& unit : units_) {
      for (std::size_t block = 0; block < groups; block += block_groups) {
        const std::size_t count = std::min(block_groups, groups - block);
        const std::size_t start = block * group_bytes;
        const std::uint8_t* panel = panels.unsigned_bytes.data() + unit.panel * panel_bytes + start;
        std::int32_t* sums = team.gram.data() + sums_before(unit.panel);
        for (std::size_t i = unit.first_column; i < unit.last_column; i += tile_columns) {
          const std::int8_t* tile = panels.signed_bytes.data() + i / panel_columns * panel_bytes +
                                    start + i % panel_columns * group_rows;
          multiply_tile(panel, tile, count, sums + i * panel_columns);
        }
      }
    }
  }
  team.rows += panels.rows.size();
}

void Int8Gram::flush(Matrix<double>& gram, Matrix<double>& class_sums, int threads) {
  std::vector<std::int64_t> column_sums(features_, 0);
  for (std::size_t k = 0; k < classes_; ++k) {
    const std::int64_t shift = is_signed_ ? 128 * class_rows_[k] : 0;
    for (std::size_t j = 0; j < features_; ++j) {
      std::int64_t sum = -shift;
      for (const Team& team : teams_) sum += team.class_sums(k, j);
      column_sums[j] += sum;
      class_sums(k, j) += static_cast<double>(sum);
    }
  }
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
  for (std::size_t i = 0; i < features_; ++i) {
    for (std::size_t j = i; j < features_; ++j) {
      const std::size_t at = sums_before(j / panel_columns) + i * panel_columns + j % panel_columns;
      std::int64_t product = is_signed_ ? -128 * column_sums[i] : 128 * column_sums[j];
      for (const Team& team : teams_) product += team.gram.data()[at];
      gram(i, j) += static_cast<double>(product);
    }
  }
  for (Team& team : teams_) clear(team);
  std::ranges::fill(class_rows_, 0);
}

}  // namespace arete
