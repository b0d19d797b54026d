#include <algorithm>
#include <string_view>

#include "arete/core/error.hpp"
#include "device/moments/part_sums.hpp"
#include "device/moments/row_feed.hpp"
#include "device/runtime/sizes.hpp"

namespace arete::device {

namespace {

std::size_t multiply(std::size_t a, std::size_t b) {
  return checked_multiply(a, b, "the sums on the device");
}

std::size_t add(std::size_t a, std::size_t b) {
  return checked_add(a, b, "the sums on the device");
}

/// The name of a kernel of CPUs; empty for others.
std::string_view cpu_kernel(IntegerKernel kernel) {
  switch (kernel) {
    case IntegerKernel::amx:
      return "amx";
    case IntegerKernel::vnni:
      return "vnni";
    case IntegerKernel::avx2:
      return "avx2";
    default:
      return "";
  }
}

/// Whether the rows may be multiplied in int8; those of floats show it as they come.
bool may_use_int8(const SessionOptions& options) {
  const std::string_view name = cpu_kernel(options.kernel);
  if (!name.empty()) {
    fail(ErrorKind::unavailable,
         "the {} kernel was asked for, but that is the CPU's; leave the choice to auto, or use "
         "--device cpu",
         name);
  }
  return options.kernel != IntegerKernel::float64 && options.type != ElementType::int16;
}

}  // namespace

std::size_t SumsPlan::panel_bytes() const { return multiply(panel_rows, panel_columns); }

std::size_t SumsPlan::products_bytes() const {
  if (panel_rows == 0) return 0;
  const std::size_t width = std::min(strip_width, panel_columns);
  return multiply(multiply(width, panel_columns), sizeof(std::int32_t));
}

std::size_t SumsPlan::shared_bytes() const {
  const std::size_t slice = multiply(multiply(slice_rows, features), sizeof(double));
  return add(slice, multiply(4 * sizeof(double), features + classes));
}

std::size_t SumsPlan::sums_bytes() const {
  const std::size_t one = add(multiply(features, features), multiply(classes, features));
  return multiply(multiply(parts, one), sizeof(double));
}

std::size_t SumsPlan::total_bytes() const {
  return add(add(sums_bytes(), shared_bytes()),
             add(products_bytes(), multiply(parts, panel_bytes())));
}

SumsPlan plan_sums(const SessionOptions& options, const Tuning& tuning, std::size_t free,
                   bool emulate) {
  SumsPlan plan;
  plan.features = options.features;
  plan.classes = options.classes.size();
  plan.parts = static_cast<std::size_t>(part_count(options.rule));
  plan.slice_rows = RowFeed::slice_rows(options, tuning);
  plan.strip_width = tuning.strip_width;
  const bool emulated = options.kernel == IntegerKernel::emulated ||
                        (options.kernel == IntegerKernel::automatic && emulate);
  plan.float_gram = emulated ? GramProduct::Method::emulated : tuning.float_gram;
  plan.panel_columns = round_up(add(plan.features, plan.classes), Int8Product::alignment);
  if (may_use_int8(options)) {
    const std::size_t affordable = free / 8 / multiply(plan.parts, plan.panel_columns);
    plan.panel_rows = std::clamp(affordable / Int8Product::alignment * Int8Product::alignment,
                                 tuning.least_panel_rows, tuning.panel_rows);
  }
  const std::size_t needed =
      add(plan.total_bytes(), multiply(2, RowFeed::slot_bytes(options, tuning)));
  if (needed > free) {
    fail(ErrorKind::resource,
         "the sums of {} features in {} parts need {} bytes of the GPU's memory, of which {} are "
         "free; use fewer folds, a GPU with more memory, or --device cpu",
         options.features, plan.parts, needed, free);
  }
  return plan;
}

}  // namespace arete::device
