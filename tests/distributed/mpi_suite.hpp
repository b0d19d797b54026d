#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "comm/communicator_suite.hpp"

namespace arete::test {

/// A test that runs `body` when its turn comes.
class LaterTest : public testing::Test {
 public:
  explicit LaterTest(std::function<void()> body) : body_(std::move(body)) {}
  void TestBody() override { body_(); }

 private:
  std::function<void()> body_;
};

inline void register_test(const std::string& name, const std::function<void()>& body) {
  testing::RegisterTest("Communicator", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                        [body]() -> testing::Test* { return new LaterTest(body); });
}

/// The tests of every communicator, on this one.
inline void register_communicator_cases(Communicator& communicator) {
  for (const auto& [name, run] : communicator_cases()) {
    register_test(name, [&communicator, run = run] { run(communicator); });
  }
}

}  // namespace arete::test
