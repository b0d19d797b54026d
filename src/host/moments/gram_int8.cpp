#include "arete/moments/gram_int8.hpp"

#include <omp.h>

#include <algorithm>

#include "arete/core/parallel.hpp"

namespace arete {

namespace {

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

std::size_t panel_count(const Int8Instructions& instructions, std::size_t features) {
  return divide_up(features, instructions.panel_columns);
}

/// Rows that are packed before threads wait for each other: many, as far as they stay in the
/// caches.
std::size_t rows_of_chunk(const Int8Instructions& instructions, std::size_t features) {
  constexpr std::size_t packed_bytes = std::size_t{16} << 20;
  return std::clamp<std::size_t>(packed_bytes / (2 * features), 1024, 2048) /
         instructions.group_rows * instructions.group_rows;
}

/// Bytes of one panel of one factor of a chunk.
std::size_t panel_bytes(const Int8Instructions& instructions, std::size_t rows) {
  return rows / instructions.group_rows * instructions.group_bytes();
}

std::size_t factor_bytes(const Int8Instructions& instructions, std::size_t features) {
  return panel_count(instructions, features) *
         panel_bytes(instructions, rows_of_chunk(instructions, features));
}

/// Where the sums of a panel begin: those of panel p are of (p + 1) panels' columns with its own.
std::size_t sums_before(const Int8Instructions& instructions, std::size_t panel) {
  return panel * (panel + 1) / 2 * instructions.panel_columns * instructions.panel_columns;
}

}  // namespace

Int8Panels::Int8Panels(const Int8Instructions& instructions, std::size_t features)
    : most_rows(rows_of_chunk(instructions, features)),
      first(factor_bytes(instructions, features)),
      second(instructions.shift == 0 ? 0 : factor_bytes(instructions, features)) {}

std::size_t Int8Panels::size(const Int8Instructions& instructions, std::size_t features) noexcept {
  const std::size_t factors = instructions.shift == 0 ? 1 : 2;
  return factors * factor_bytes(instructions, features);
}

std::size_t Int8Gram::size(const Int8Instructions& instructions, std::size_t features,
                           std::size_t classes) noexcept {
  const std::size_t panels = panel_count(instructions, features);
  return (sums_before(instructions, panels) + classes * panels * instructions.panel_columns) *
         sizeof(std::int32_t);
}

Int8Gram::Int8Gram(const Int8Instructions& instructions, std::size_t features, std::size_t classes,
                   bool is_signed, std::size_t teams)
    : instructions_(&instructions),
      features_(features),
      classes_(classes),
      is_signed_(is_signed),
      panels_(panel_count(instructions, features)),
      teams_(teams),
      class_rows_(classes, 0) {
  const std::size_t width = instructions.panel_columns;
  for (Team& team : teams_) {
    team.gram = Buffer<std::int32_t>(sums_before(instructions, panels_));
    team.class_sums = Matrix<std::int32_t>(classes, panels_ * width);
    clear(team);
  }
  // Units that read the same tiles follow each other: those columns stay in the L2 cache.
  for (std::size_t first = 0; first < panels_ * width; first += instructions.unit_columns) {
    for (std::size_t panel = first / width; panel < panels_; ++panel) {
      const std::size_t last = std::min((panel + 1) * width, first + instructions.unit_columns);
      units_.push_back({panel, first, last});
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
  return instructions_->most_rows - most;
}

void Int8Gram::add(std::span<const std::byte* const> rows, std::span<const std::int32_t> labels,
                   std::span<Int8Panels> panels, int threads) {
  for (const std::int32_t label : labels) ++class_rows_[static_cast<std::size_t>(label)];
  if (rows.empty()) return;
  const std::size_t teams = teams_.size();
  const std::size_t rounds = divide_up(rows.size(), teams * panels.front().most_rows);
  const std::size_t group_rows = instructions_->group_rows;
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
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(dynamic)
    for (std::size_t panel = 0; panel < panels_; ++panel) pack_panel(panel, team, panels);
#pragma omp for schedule(dynamic)
    for (const Unit& unit : units_) multiply(unit, team, panels);
  }
  team.rows += panels.rows.size();
}

void Int8Gram::pack_panel(std::size_t panel, Team& team, Int8Panels& panels) const {
  const std::size_t column = panel * instructions_->panel_columns;
  const std::size_t width = std::min(instructions_->panel_columns, features_ - column);
  const std::size_t start = panel * panel_bytes(*instructions_, panels.most_rows);
  std::byte* first = panels.first.data() + start;
  std::byte* second = panels.second.empty() ? nullptr : panels.second.data() + start;
  const auto pack = is_signed_ ? instructions_->pack_signed : instructions_->pack_unsigned;
  pack(panels.rows, column, width, first, second);
  for (std::size_t k = 0; k < classes_; ++k) {
    const std::size_t begin = k == 0 ? 0 : panels.class_ends[k - 1];
    instructions_->sum_rows(first, begin, panels.class_ends[k], &team.class_sums(k, column));
  }
}

void Int8Gram::multiply(const Unit& unit, Team& team, const Int8Panels& panels) const {
  const Int8Instructions& by = *instructions_;
  const std::size_t bytes = panel_bytes(by, panels.most_rows);
  const std::size_t groups = divide_up(panels.rows.size(), by.group_rows);
  const Buffer<std::byte>& tiles = panels.second.empty() ? panels.first : panels.second;
  std::int32_t* sums = team.gram.data() + sums_before(by, unit.panel);
  if (by.begin != nullptr) by.begin();
  for (std::size_t block = 0; block < groups; block += by.block_groups) {
    const std::size_t count = std::min(by.block_groups, groups - block);
    const std::size_t start = block * by.group_bytes();
    const std::byte* panel = panels.first.data() + unit.panel * bytes + start;
    for (std::size_t i = unit.first_column; i < unit.last_column; i += by.tile_columns) {
      const std::byte* tile = tiles.data() + i / by.panel_columns * bytes + start +
                              i % by.panel_columns * by.column_bytes();
      by.multiply(panel, tile, count, sums + i * by.panel_columns);
    }
  }
  if (by.end != nullptr) by.end();
}

void Int8Gram::flush(Matrix<double>& gram, Matrix<double>& class_sums, int threads) {
  const std::int64_t shift = instructions_->shift;
  std::vector<std::int64_t> column_sums(features_, 0);
  for (std::size_t k = 0; k < classes_; ++k) {
    const std::int64_t shifts = is_signed_ ? shift * class_rows_[k] : 0;
    for (std::size_t j = 0; j < features_; ++j) {
      std::int64_t sum = -shifts;
      for (const Team& team : teams_) sum += team.class_sums(k, j);
      column_sums[j] += sum;
      class_sums(k, j) += static_cast<double>(sum);
    }
  }
  const std::size_t width = instructions_->panel_columns;
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
  for (std::size_t i = 0; i < features_; ++i) {
    for (std::size_t panel = i / width; panel < panels_; ++panel) {
      const std::size_t first = panel * width;
      const std::size_t sums = sums_before(*instructions_, panel) + i * width;
      for (std::size_t j = std::max(i, first); j < std::min(features_, first + width); ++j) {
        std::int64_t product = is_signed_ ? -shift * column_sums[i] : shift * column_sums[j];
        for (const Team& team : teams_) product += team.gram.data()[sums + j - first];
        gram(i, j) += static_cast<double>(product);
      }
    }
  }
  for (Team& team : teams_) clear(team);
  std::ranges::fill(class_rows_, 0);
}

}  // namespace arete
