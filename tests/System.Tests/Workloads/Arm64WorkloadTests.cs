namespace MicroVm.SystemTests.Workloads;

/// <summary>The workload story on aarch64.</summary>
public sealed class Arm64WorkloadTests(Arm64WorkloadFixture device) : WorkloadStory(device), IClassFixture<Arm64WorkloadFixture>;
