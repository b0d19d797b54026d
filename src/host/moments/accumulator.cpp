#include "arete/moments/accumulator.hpp"

#include <algorithm>
#include <cmath>

#include "arete/core/error.hpp"
#include "arete/core/parallel.hpp"
#include "arete/moments/reduce.hpp"

namespace arete {

namespace {

bool use_int8_products(IntegerKernel kernel) {
  if (kernel == IntegerKernel::vnni && !has_int8_products()) {
    fail(ErrorKind::unavailable,
         "the vnni kernel was asked for, but this CPU has no AVX-512 VNNI; leave the choice to "
         "auto");
  }
  if (kernel == IntegerKernel::emulated) {
    fail(ErrorKind::unavailable,
         "the emulated kernel was asked for, but that is a GPU's; leave the choice to auto, or use "
         "--device cuda");
  }
  return kernel != IntegerKernel::float64 && has_int8_products();
}

/// One group of all rows: where the order of summation does not matter, the fewer the better.
RowGroup concatenate(std::span<const RowGroup> groups) {
  RowGroup all;
  for (const RowGroup& group : groups) {
    all.type = group.type;
    all.features = group.features;
    all.rows.insert(all.rows.end(), group.rows.begin(), group.rows.end());
    all.labels.insert(all.labels.end(), group.labels.begin(), group.labels.end());
  }
  return all;
}

void sum_columns(const Matrix<double>& class_sums, std::vector<double>& column_sums) {
  std::ranges::fill(column_sums, 0.0);
  for (std::size_t k = 0; k < class_sums.rows(); ++k) {
    for (std::size_t j = 0; j < column_sums.size(); ++j) column_sums[j] += class_sums(k, j);
  }
}

}  // namespace

Accumulator::Accumulator(std::size_t features, const ClassList& classes, ElementType type,
                         IntegerKernel kernel)
    : type_(type),
      int8_products_(use_int8_products(kernel)),
      moments_(empty_moments(features, classes)) {}

Int8Gram& Accumulator::int8_gram(bool is_signed, std::size_t teams) {
  auto& gram = is_signed ? signed_gram_ : unsigned_gram_;
  if (!gram) gram.emplace(moments_.features(), moments_.classes.size(), is_signed, teams);
  return *gram;
}

void Accumulator::count(const RowGroup& group) {
  moments_.rows += group.rows.size();
  for (const std::int32_t label : group.labels) {
    ++moments_.class_counts[static_cast<std::size_t>(label)];
  }
}

void Accumulator::add(std::span<const RowGroup> groups, std::string_view source,
                      AccumulatorWorkspace& workspace, int threads) {
  for (const RowGroup& group : groups) count(group);
  if (!is_integer(type_)) return add_floats(groups, source, workspace, threads);
  if (type_ != ElementType::int16 && int8_products_) {
    return add_int8(concatenate(groups), workspace, threads);
  }
  workspace.floats.add(groups, moments_.gram, moments_.class_sums, threads);
  check_limit();
}

void Accumulator::add_int8(const RowGroup& group, AccumulatorWorkspace& workspace, int threads) {
  while (workspace.panels.size() < workspace.teams) {
    workspace.panels.emplace_back(moments_.features());
  }
  Int8Gram& gram = int8_gram(group.type == ElementType::int8, workspace.teams);
  for (std::size_t first = 0; first < group.rows.size();) {
    const std::size_t count = std::min(group.rows.size() - first, gram.free_rows());
    if (count == 0) flush(threads);
    gram.add(std::span(group.rows).subspan(first, count),
             std::span(group.labels).subspan(first, count), workspace.panels, threads);
    first += count;
  }
}

void Accumulator::add_narrowed(const RowGroup& group, bool is_signed,
                               AccumulatorWorkspace& workspace, int threads) {
  Buffer<std::byte> bytes(group.rows.size() * group.features);
  RowGroup narrowed{is_signed ? ElementType::int8 : ElementType::uint8,
                    group.features,
                    {},
                    group.labels,
                    group.numbers};
  narrowed.rows.resize(group.rows.size());
  parallel_for(group.rows.size(), threads, [&](std::size_t r) {
    std::byte* row = bytes.data() + r * group.features;
    to_int8(group.type, group.rows[r], group.features, is_signed, row);
    narrowed.rows[r] = row;
  });
  add_int8(narrowed, workspace, threads);
}

void Accumulator::add_floats(std::span<const RowGroup> groups, std::string_view source,
                             AccumulatorWorkspace& workspace, int threads) {
  std::vector<ValueRange> ranges(groups.size());
  parallel_for(groups.size(), threads,
               [&](std::size_t g) { ranges[g] = examine(groups[g], source); });
  // Exact sums may be added in any order, so int8 products may come late, as long as all is exact.
  // What rounds is added in the order of the rows.
  std::vector<RowGroup> wide;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (moments_.exact && !ranges[g].integral) {
      flush(threads);
      moments_.exact = false;
    }
    if (moments_.exact && int8_products_ && (ranges[g].fits_uint8 || ranges[g].fits_int8)) {
      add_narrowed(groups[g], !ranges[g].fits_uint8, workspace, threads);
    } else {
      wide.push_back(groups[g]);
    }
  }
  workspace.floats.add(wide, moments_.gram, moments_.class_sums, threads);
  check_limit();
}

void Accumulator::add(const Moments& moments, int threads) {
  if (moments.classes != moments_.classes) {
    fail(ErrorKind::internal, "moments of other classes than the accumulator's were added");
  }
  flush(threads);
  arete::add(moments_, moments);
  check_limit();
}

void Accumulator::reduce(Communicator& communicator, int threads) {
  arete::reduce(moments(threads), communicator);
  check_limit();
}

Moments& Accumulator::moments(int threads) {
  flush(threads);
  unsigned_gram_.reset();
  signed_gram_.reset();
  sum_columns(moments_.class_sums, moments_.column_sums);
  return moments_;
}

void Accumulator::flush(int threads) {
  for (auto* gram : {&unsigned_gram_, &signed_gram_}) {
    if (*gram) (*gram)->flush(moments_.gram, moments_.class_sums, threads);
  }
  check_limit();
}

void Accumulator::check_limit() {
  for (std::size_t i = 0; i < moments_.features(); ++i) {
    if (std::isfinite(moments_.gram(i, i))) continue;
    fail(ErrorKind::input,
         "column {}: its sum of squares is beyond what float64 can hold; scale the data down", i);
  }
  if (!moments_.exact || within_exact_limit(moments_)) return;
  if (is_integer(type_)) fail_inexact(fmt::format("after {} rows", moments_.rows));
  moments_.exact = false;
}

}  // namespace arete
