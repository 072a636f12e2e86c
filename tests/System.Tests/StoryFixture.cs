using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests;

/// <summary>
/// A control plane, a virtual device and the sample workload, running on it. Every test finds it so and leaves it so.
/// </summary>
public class StoryFixture : DeviceFixture
{
    internal const string Deployment = "hello";

    private const long StickBytes = 64 << 20;

    internal override string DeviceId => "edge-1";

    /// <summary>Where tests may put files.</summary>
    internal string Folder { get; private set; } = "";

    /// <summary>A stick that is in the device and empty, as the file behind it.</summary>
    internal string Stick { get; private set; } = "";

    /// <summary>Puts a file on the stick, from its first byte.</summary>
    /// <returns>Its length.</returns>
    internal async Task<long> PlugInAsync(string file)
    {
        await using FileStream source = File.OpenRead(file), stick = File.OpenWrite(Stick);
        Assert.InRange(source.Length, 1, StickBytes);
        await source.CopyToAsync(stick);
        return source.Length;
    }

    /// <summary>Waits until the device is connected and runs the deployment.</summary>
    internal Task<DeploymentView> WaitUntilCompleteAsync(string phase) =>
        Client.WatchDeploymentAsync(Deployment, phase, RunningLimit, view => view.State == "Complete" && view.Devices is [{ Online: true }]);

    /// <inheritdoc/>
    internal override VirtualDeviceOptions Adjust(VirtualDeviceOptions options)
    {
        Folder = options.Results;
        Stick = Path.Combine(options.Results, "stick.raw");
        using FileStream stick = File.Create(Stick);
        stick.SetLength(StickBytes);
        return options with { Media = Stick };
    }

    /// <inheritdoc/>
    internal override async Task PrepareAsync()
    {
        await Mvm.MustAsync("apply", "-f", Artifacts.Deploy("samples/hello/deployment.yaml"));
        await NestedHang.RetryOnceAsync(() => WaitUntilCompleteAsync("first rollout"), PowerCycleAsync);
        await Client.FollowLogsAsync(DeviceId, Deployment, 0, "first log line", RunningLimit, _ => true);
    }
}
