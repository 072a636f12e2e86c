using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Architectures;

/// <summary>A virtual device of aarch64: its kernel gives it KVM, its agent reports to the control plane.</summary>
public sealed class Arm64DeviceTests
{
    private static readonly TimeSpan s_onlineLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Device_OfAarch64_ComesOnlineAndSaysWhatItIs()
    {
        string results = Artifacts.ResultsFolder("System.Tests.Arm64");
        await using ControlPlaneProcess controlPlane = await ControlPlaneProcess.StartAsync(results);
        await using VirtualDevice device = await VirtualDevice.StartAsync(new VirtualDeviceOptions
        {
            Id = "arm-1",
            Architecture = "aarch64",
            ApiPort = controlPlane.ApiPort,
            MqttPort = controlPlane.MqttPort,
            Results = results,
        });

        await controlPlane.Log.WaitForAsync("device arm-1: online", s_onlineLimit);

        using ControlPlaneClient client = new(controlPlane.Address);
        DeviceView view = await client.GetDeviceAsync("arm-1");
        Assert.Equal("aarch64", view.Architecture);
        Assert.Equal("aarch64", view.Labels["arch"]);
        Assert.Contains("arm-1", await new Mvm(Artifacts.Of("aarch64", "mvm"), controlPlane.Address, isEmulated: true).MustAsync("devices"), StringComparison.Ordinal);
        Assert.Equal("aarch64", (await device.RunAsync("test -c /dev/kvm && uname -m")).Succeeded());
        await device.PowerOffAsync();
        Assert.Contains(device.Console.Snapshot(), line => line.Contains("powering off", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2, "vgic interrupt")]
    [InlineData(3, "disabling GICv2 emulation")]
    public async Task Kvm_OfADevice_HasTheInterruptControllerAskedFor(int version, string message)
    {
        await using VirtualDevice device = await VirtualDevice.StartAsync(new VirtualDeviceOptions
        {
            Id = $"gic-{version}",
            Architecture = "aarch64",
            GicVersion = version,
            ApiPort = 1,
            MqttPort = 1,
            Results = Artifacts.ResultsFolder($"System.Tests.Gic{version}"),
            HasAgent = false,
        });

        string log = (await device.RunAsync("dmesg")).Succeeded();

        Assert.Contains(message, log, StringComparison.Ordinal);
        Assert.Equal(version == 3, log.Contains("GIC system register CPU interface enabled", StringComparison.Ordinal));
    }
}
