using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests;

/// <summary>
/// A control plane, a virtual device and the sample workload, running on it. Every test finds it so and leaves it so.
/// </summary>
public class StoryFixture : IAsyncLifetime
{
    internal const string Deployment = "hello";

    /// <summary>Longest time from an applied manifest, or a boot, to a running workload under full emulation.</summary>
    internal static readonly TimeSpan RunningLimit = TimeSpan.FromSeconds(150);

    /// <summary>The device's architecture.</summary>
    internal virtual string Architecture => "x86_64";

    internal virtual string DeviceId => "edge-1";

    internal ControlPlaneProcess ControlPlane { get; private set; } = null!;

    internal ControlPlaneClient Client { get; private set; } = null!;

    internal VirtualDevice Device { get; private set; } = null!;

    internal Mvm Mvm { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        string results = Artifacts.ResultsFolder($"System.Tests.{DeviceId}");
        ControlPlane = await ControlPlaneProcess.StartAsync(results);
        Client = new ControlPlaneClient(ControlPlane.NewHttp());
        Mvm = Mvm.Of(Artifacts.Mvm, ControlPlane);
        await Mvm.MustAsync("images", "push", Artifacts.SampleImage, "--name", "hello:1");
        Device = await VirtualDevice.StartAsync(new VirtualDeviceOptions
        {
            Id = DeviceId,
            Architecture = Architecture,
            ApiPort = ControlPlane.ApiPort,
            MqttPort = ControlPlane.MqttPort,
            EnrolmentToken = await ControlPlane.EnrolmentTokenAsync(),
            Results = results,
        });
        await Mvm.MustAsync("apply", "-f", Artifacts.Deploy("samples/hello/deployment.yaml"));
        await NestedHang.RetryOnceAsync(() => WaitUntilCompleteAsync("first rollout"), PowerCycleAsync);
        await Client.FollowLogsAsync(DeviceId, Deployment, 0, "first log line", RunningLimit, _ => true);
    }

    /// <summary>Waits until the device is connected and runs the deployment.</summary>
    internal Task<DeploymentView> WaitUntilCompleteAsync(string phase) =>
        Client.WatchDeploymentAsync(Deployment, phase, RunningLimit, view => view.State == "Complete" && view.Devices is [{ Online: true }]);

    /// <summary>Cuts the power and boots again with the same disk.</summary>
    internal async Task PowerCycleAsync()
    {
        await Device.KillAsync();
        await Device.BootAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Device is not null)
        {
            await Device.PowerOffAsync();
            await Device.DisposeAsync();
        }

        Client?.Dispose();
        if (ControlPlane is not null)
        {
            await ControlPlane.StopAsync();
            await ControlPlane.DisposeAsync();
        }

        Console.WriteLine($"nested boots tried again: {NestedHang.Count}");
    }
}
