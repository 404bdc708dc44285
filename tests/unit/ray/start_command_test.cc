// SPDX-License-Identifier: Apache-2.0
#include "ray/start_command.h"

#include <gtest/gtest.h>
#include <string>

#include "document/yaml.h"

namespace raykeep::ray {
namespace {

std::string start(const std::string& limits) {
  const document::Node resources = *document::read_yaml_document("limits: {" + limits + "}");
  return start_command({}, false, &resources).command;
}

TEST(StartCommand, CountsWholeGpusAndPartsOfThem) {
  for (const char* name : {"nvidia.com/gpu", "amd.com/gpu", "nvidia.com/mig-1g.5gb", "nvidia.com/mig-3g.20gb"})
    EXPECT_NE(start(std::string(name) + ": 2").find("--num-gpus=2"), std::string::npos) << name;
  for (const char* name : {"nvidia.com/mig-1g.5gb.me", "nvidia.com/mig-g.5gb", "nvidia.com/mig-1g.gb", "nvidia.com/mig-1g5gb", "nvidia.com/gpu-memory"})
    EXPECT_EQ(start(std::string(name) + ": 2").find("--num-gpus"), std::string::npos) << name;
}

TEST(StartCommand, NamesAcceleratorsAsRayDoes) {
  EXPECT_NE(start("google.com/tpu: 4").find("--resources='{\"TPU\":4}'"), std::string::npos);
  EXPECT_NE(start("aws.amazon.com/neuroncore: 2").find("\"neuron_cores\":2"), std::string::npos);
}

}  // namespace
}  // namespace raykeep::ray
