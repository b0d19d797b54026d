#include "device/moments/part_sums.hpp"

#include <algorithm>
#include <cmath>

#include "arete/core/error.hpp"
#include "device/runtime/events.hpp"
#include "device/runtime/sizes.hpp"

namespace arete::device {

namespace {

constexpr int lane = Device::main_lane;
constexpr int unsigned_shift = 128;

/// The largest square of an element that is no float.
double largest_square(ElementType type) {
  switch (type) {
    case ElementType::uint8:
      return 255.0 * 255.0;
    case ElementType::int8:
      return 128.0 * 128.0;
    default:
      return 32768.0 * 32768.0;
  }
}

}  // namespace

SumsWorkspace::SumsWorkspace(Device& device, const SumsPlan& sizes)
    : plan(sizes),
      products(device, sizes.products_bytes() / sizeof(std::int32_t)),
      panel_sums(device, sizes.features),
      class_rows(device, sizes.classes),
      class_rows_on_host(device, sizes.classes),
      vector(device, sizes.features) {}

PartSums::PartSums(Device& device, const SessionOptions& options, const SumsPlan& plan)
    : device_(device),
      options_(options),
      gram_(device, plan.features * plan.features),
      class_sums_(device, plan.classes * plan.features),
      class_counts_(plan.classes, 0),
      panel_class_rows_(plan.classes, 0) {
  clear(device, lane, gram_);
  clear(device, lane, class_sums_);
}

void PartSums::add(const Slice& slice, int part, std::string_view source,
                   SumsWorkspace& workspace) {
  const std::size_t count = slice.layout.rows(part);
  if (count == 0) return;
  rows_ += count;
  for (std::size_t k = 0; k < class_counts_.size(); ++k) {
    class_counts_[k] += slice.layout.rows(part, k);
  }
  if (!is_integer(options_.type)) return add_floats(slice, part, source, workspace);
  if (workspace.plan.panel_rows > 0) {
    add_bytes(slice, part, options_.type == ElementType::uint8 ? unsigned_shift : 0, workspace);
  } else {
    add_float64(slice, part, workspace);
  }
  limit_ += static_cast<double>(count) * largest_square(options_.type);
  if (!(limit_ < exact_limit)) finish(workspace);
}

void PartSums::add_floats(const Slice& slice, int part, std::string_view source,
                          SumsWorkspace& workspace) {
  const ValueSummary values =
      device_.examine(lane, {slice.raw, slice.order_of(part), slice.layout.rows(part)});
  if (values.not_finite != ValueSummary::none) {
    const std::uint64_t row = slice.number(values.not_finite / options_.features);
    fail(ErrorKind::input,
         "{}: row {}, column {} is not finite; every value must be a finite number", source, row,
         values.not_finite % options_.features);
  }
  if (exact_ && !values.integral) {
    finish(workspace);  // exact sums may come in any order; what rounds comes in that of the rows
    exact_ = false;
  }
  const bool fits_uint8 = values.lowest >= 0 && values.highest <= 255;
  const bool fits_int8 = values.lowest >= -128 && values.highest <= 127;
  if (exact_ && workspace.plan.panel_rows > 0 && (fits_uint8 || fits_int8)) {
    add_bytes(slice, part, fits_uint8 ? unsigned_shift : 0, workspace);
    return;
  }
  add_float64(slice, part, workspace);
  check_limit(workspace);
}

void PartSums::add_float64(const Slice& slice, int part, SumsWorkspace& workspace) {
  const StageTime time(device_, lane, Stage::moments);
  const std::size_t d = options_.features;
  if (workspace.rows.empty()) {
    workspace.rows = Memory<double>(device_, workspace.plan.slice_rows * d);
  }
  const std::size_t count = slice.layout.rows(part);
  device_.run(lane, GatherFloat64{slice.raw, slice.order_of(part), count, workspace.rows.data()});
  // What is exact must stay so: an emulation promises less.
  const auto method = exact_ ? GramProduct::Method::syrk : workspace.plan.float_gram;
  device_.add_gram(
      lane, {count, d, workspace.rows.data(), gram_.data(), method, workspace.plan.strip_width});
  device_.run(lane, AddClassSums{workspace.rows.data(), d, class_counts_.size(),
                                 slice.class_begin + slice.layout.first(part), class_sums_.data()});
}

void PartSums::add_bytes(const Slice& slice, int part, int shift, SumsWorkspace& workspace) {
  const std::size_t height = workspace.plan.panel_rows;
  if (panel_.empty()) {
    panel_ = Memory<std::int8_t>(device_, workspace.plan.panel_bytes());
    clear(device_, lane, panel_);  // the columns that fill it up stay zero
  }
  if (shift != shift_) finish(workspace);
  shift_ = shift;
  std::size_t k = 0;
  for (std::size_t begin = slice.layout.begin(part); begin < slice.layout.end(part);) {
    const std::size_t count = std::min(slice.layout.end(part) - begin, height - filled_);
    {
      const StageTime time(device_, lane, Stage::moments);
      device_.run(lane, GatherPanel{slice.raw, slice.order + begin, slice.labels, count,
                                    class_counts_.size(), shift, panel_.data(), height, filled_});
    }
    // The rows are sorted by class.
    for (std::size_t left = count; left > 0;) {
      const std::size_t end = slice.layout.class_begin[slice.layout.first(part) + k + 1];
      const std::size_t of_class = std::min(left, end - (begin + count - left));
      panel_class_rows_[k] += static_cast<std::int64_t>(of_class);
      left -= of_class;
      if (left > 0) ++k;
    }
    filled_ += count;
    begin += count;
    if (filled_ == height) finish(workspace);
  }
}

void PartSums::upload_class_rows(SumsWorkspace& workspace) {
  // The part before may still be reading.
  if (workspace.class_rows_taken) device_.synchronise_event(events::class_rows);
  std::ranges::copy(panel_class_rows_, workspace.class_rows_on_host.data());
  device_.upload(lane, workspace.class_rows.data(), workspace.class_rows_on_host.data(),
                 workspace.class_rows.bytes());
  device_.record(lane, events::class_rows);
  workspace.class_rows_taken = true;
}

void PartSums::multiply_strip(std::size_t begin, std::size_t depth, SumsWorkspace& workspace) {
  const SumsPlan& plan = workspace.plan;
  const std::size_t width = std::min(plan.strip_width, plan.features - begin);
  const std::size_t right = plan.panel_columns - begin;
  const std::int8_t* const columns = panel_.data() + begin * plan.panel_rows;
  device_.multiply(lane, Int8Product{right, round_up(width, Int8Product::alignment), depth, columns,
                                     plan.panel_rows, columns, plan.panel_rows,
                                     workspace.products.data(), right});
  const Strip strip{workspace.products.data(), begin, width, right};
  device_.run(lane,
              AddClassStrip{strip, plan.features, plan.classes, shift_, workspace.class_rows.data(),
                            class_sums_.data(), workspace.panel_sums.data()});
  device_.run(lane, AddStrip{strip, plan.features, shift_, static_cast<std::int64_t>(filled_),
                             workspace.panel_sums.data(), gram_.data()});
}

void PartSums::finish(SumsWorkspace& workspace) {
  if (filled_ > 0) {
    const StageTime time(device_, lane, Stage::moments);
    const SumsPlan& plan = workspace.plan;
    const std::size_t depth = round_up(filled_, Int8Product::alignment);
    if (depth > filled_) {
      device_.run(lane, ClearRows{panel_.data(), plan.panel_rows, plan.features + plan.classes,
                                  filled_, depth});
    }
    upload_class_rows(workspace);
    // From the right: a strip needs the column sums of all that lies right of it.
    const std::size_t strips = round_up(plan.features, plan.strip_width);
    for (std::size_t begin = strips; begin > 0; begin -= plan.strip_width) {
      multiply_strip(begin - plan.strip_width, depth, workspace);
    }
    filled_ = 0;
    std::ranges::fill(panel_class_rows_, 0);
  }
  const bool may_be_beyond = !is_integer(options_.type) || !(limit_ < exact_limit);
  if (may_be_beyond) check_limit(workspace);
}

std::vector<double> PartSums::diagonal(SumsWorkspace& workspace) {
  std::vector<double> result(options_.features);
  device_.run(lane, CopyDiagonal{gram_.data(), options_.features, workspace.vector.data()});
  fetch<double>(device_, lane, result, workspace.vector.data());
  return result;
}

void PartSums::check_limit(SumsWorkspace& workspace) {
  const std::vector<double> squares = diagonal(workspace);
  for (std::size_t i = 0; i < squares.size(); ++i) {
    if (std::isfinite(squares[i])) continue;
    fail(ErrorKind::input,
         "column {}: its sum of squares is beyond what float64 can hold; scale the data down", i);
  }
  limit_ = *std::ranges::max_element(squares);
  const bool within = limit_ < exact_limit;
  if (!exact_ || within) return;
  if (is_integer(options_.type)) fail_inexact(fmt::format("after {} rows", rows_));
  exact_ = false;
}

void PartSums::add_upper(const Moments& moments, SumsWorkspace& workspace) {
  Memory<double> other(device_, gram_.size());
  Memory<double> other_sums(device_, class_sums_.size());
  device_.upload(lane, other.data(), moments.gram.data(), other.bytes());
  device_.upload(lane, other_sums.data(), moments.class_sums.data(), other_sums.bytes());
  device_.run(lane, AddUpper{gram_.data(), other.data(), options_.features});
  device_.add_scaled(lane, class_sums_.size(), 1.0, other_sums.data(), class_sums_.data());
  device_.synchronise(lane);
  check_limit(workspace);
}

void PartSums::add(const Moments& moments, SumsWorkspace& workspace) {
  if (moments.classes != options_.classes || moments.features() != options_.features) {
    fail(ErrorKind::internal, "moments of other rows than the session's were added");
  }
  finish(workspace);
  rows_ = checked_add(rows_, moments.rows, "rows of moments");
  for (std::size_t k = 0; k < class_counts_.size(); ++k) {
    class_counts_[k] += moments.class_counts[k];
  }
  exact_ = exact_ && moments.exact;
  add_upper(moments, workspace);
}

void PartSums::assign(const Moments& moments, SumsWorkspace& workspace) {
  clear(device_, lane, gram_);
  clear(device_, lane, class_sums_);
  set_counts(moments.rows, moments.exact, moments.class_counts);
  add_upper(moments, workspace);
}

void PartSums::set_counts(std::uint64_t rows, bool exact, std::vector<std::uint64_t> class_counts) {
  rows_ = rows;
  exact_ = exact;
  class_counts_ = std::move(class_counts);
}

void PartSums::release_panel() { panel_ = {}; }

ColumnTotals PartSums::totals(SumsWorkspace& workspace) {
  ColumnTotals totals{rows_, exact_, std::vector<double>(options_.features), diagonal(workspace),
                      class_counts_};
  device_.run(lane, SumClasses{class_sums_.data(), options_.features, class_counts_.size(),
                               workspace.vector.data()});
  fetch<double>(device_, lane, totals.sums, workspace.vector.data());
  return totals;
}

Moments PartSums::moments(SumsWorkspace& workspace) {
  finish(workspace);
  Moments result{.rows = rows_,
                 .exact = exact_,
                 .classes = options_.classes,
                 .class_counts = class_counts_,
                 .column_sums = totals(workspace).sums,
                 .class_sums = Matrix<double>(class_counts_.size(), options_.features),
                 .gram = Matrix<double>(options_.features, options_.features)};
  fetch<double>(device_, lane, result.class_sums.span(), class_sums_.data());
  fetch<double>(device_, lane, result.gram.span(), gram_.data());
  return result;
}

}  // namespace arete::device
