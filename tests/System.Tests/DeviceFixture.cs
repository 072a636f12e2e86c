using MicroVm.TestKit;

namespace MicroVm.SystemTests;

/// <summary>A control plane with the sample image, and a virtual device that is enrolled with it.</summary>
public abstract class DeviceFixture : IAsyncLifetime
{
    /// <summary>Longest time from an applied manifest, or a boot, to a running workload under full emulation.</summary>
    internal static readonly TimeSpan RunningLimit = TimeSpan.FromSeconds(150);

    /// <summary>The device's architecture.</summary>
    internal virtual string Architecture => "x86_64";

    internal abstract string DeviceId { get; }

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
        Device = await VirtualDevice.StartAsync(Adjust(new VirtualDeviceOptions
        {
            Id = DeviceId,
            Architecture = Architecture,
            ApiPort = ControlPlane.ApiPort,
            MqttPort = ControlPlane.MqttPort,
            EnrolmentToken = await ControlPlane.EnrolmentTokenAsync(),
            Results = results,
        }));
        await PrepareAsync();
    }

    /// <summary>Cuts the power and boots again with the same disk.</summary>
    internal virtual async Task PowerCycleAsync()
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

        await CloseAsync();
        Client?.Dispose();
        if (ControlPlane is not null)
        {
            await ControlPlane.StopAsync();
            await ControlPlane.DisposeAsync();
        }

        Console.WriteLine($"nested boots tried again: {NestedHang.Count}");
    }

    /// <summary>Takes back what <see cref="Adjust"/> made.</summary>
    internal virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    /// <summary>What the device has that others have not.</summary>
    internal virtual VirtualDeviceOptions Adjust(VirtualDeviceOptions options) => options;

    /// <summary>Brings the device to the state in which every test finds it.</summary>
    internal abstract Task PrepareAsync();
}
