#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arete {

/// The names of the classes, sorted by class_less and unique; every function that takes one relies
/// on it. A label is an index into it.
using ClassList = std::vector<std::string>;

/// The order of classes everywhere: integers numerically, before all other names; those bytewise.
/// An integer is its canonical decimal form (no plus sign, no leading zeros, not "-0").
[[nodiscard]] bool class_less(std::string_view a, std::string_view b);

/// Whether a class can be called that in every file Arete writes: UTF-8, not empty, no control
/// characters.
[[nodiscard]] bool is_class_name(std::string_view name) noexcept;

/// The sorted union of two class lists.
[[nodiscard]] ClassList unite(const ClassList& a, const ClassList& b);

/// For each class of `from` its index in `to`. Throws Error (input) naming a class that `to` lacks,
/// and, unless empty, the `source` of `from`.
[[nodiscard]] std::vector<std::int32_t> index_into(const ClassList& from, const ClassList& to,
                                                   std::string_view source = {});

}  // namespace arete
