using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests;

/// <summary>
/// A control plane, a virtual device and the sample workload, running on it. Every test finds it so and leaves it so.
/// </summary>
public class StoryFixture : DeviceFixture
{
    internal const string Deployment = "hello";

    internal override string DeviceId => "edge-1";

    /// <summary>Waits until the device is connected and runs the deployment.</summary>
    internal Task<DeploymentView> WaitUntilCompleteAsync(string phase) =>
        Client.WatchDeploymentAsync(Deployment, phase, RunningLimit, view => view.State == "Complete" && view.Devices is [{ Online: true }]);

    /// <inheritdoc/>
    internal override async Task PrepareAsync()
    {
        await Mvm.MustAsync("apply", "-f", Artifacts.Deploy("samples/hello/deployment.yaml"));
        await NestedHang.RetryOnceAsync(() => WaitUntilCompleteAsync("first rollout"), PowerCycleAsync);
        await Client.FollowLogsAsync(DeviceId, Deployment, 0, "first log line", RunningLimit, _ => true);
    }
}
