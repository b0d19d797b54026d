#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "arete/backend/backend.hpp"

namespace arete::test {

/// A backend that the suite runs on.
struct BackendUnderTest {
  std::string name;
  std::function<std::unique_ptr<Backend>()> open;
  bool computes_fast = true;  ///< plain loops leave the larger tests out
};

/// For the names of tests.
inline void PrintTo(const BackendUnderTest& backend, std::ostream* out) { *out << backend.name; }

/// What the program that holds the suite wants it to run on.
[[nodiscard]] std::vector<BackendUnderTest> backends_under_test();

}  // namespace arete::test
