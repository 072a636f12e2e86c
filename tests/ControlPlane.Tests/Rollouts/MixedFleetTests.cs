using System.Formats.Tar;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.ControlPlane.Tests.Identity;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace MicroVm.ControlPlane.Tests.Rollouts;

/// <summary>One deployment over devices that are played and real virtual ones of both architectures, which run what they are told in microVMs.</summary>
public sealed class MixedFleetTests
{
    private const int Played = 20;
    private const int All = Played + 2;

    /// <summary>From an applied manifest to every device's answer, under full emulation.</summary>
    private static readonly TimeSpan s_rolloutLimit = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task BadVersion_FailsOnTheVirtualCanary_TheRestNeverSeesIt()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(
            options: static options => options with { Names = ["10.0.2.2"] }, replace: static services => services.AddSingleton<IImageStore, ImageStore>());
        await PushSampleAsync(controlPlane);
        await using FakeFleet fleet = new(Played);
        await fleet.ConnectAsync(controlPlane);
        string token = (await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk(Uses: 2))).Token!;
        await using VirtualDevice canary = await StartAsync(controlPlane, "canary", "x86_64", token);
        await using VirtualDevice other = await StartAsync(controlPlane, "other", "aarch64", token);
        await controlPlane.ApplyAsync(Manifest("one"));
        await WatchAsync(controlPlane, static view => view.Rollout?.Phase == "Complete" && view.Ready == All);
        IReadOnlyList<int> untouched = await other.VmmPidsAsync();

        await controlPlane.ApplyAsync(Manifest("bad"));
        DeploymentView back = await WatchAsync(controlPlane, static view => view.State == "RolledBack" && view.Ready == All);

        Assert.StartsWith($"1 of {All} devices failed (the limit is 1): canary: its workload was started again", back.Rollout!.Reason);
        Assert.All(back.Devices, static device => Assert.Equal(1, device.Revision));
        Assert.Empty(fleet.SawBad);
        Assert.All(fleet.Versions, static version => Assert.Equal("one", version));
        Assert.Equal(untouched, await other.VmmPidsAsync());
        await canary.PowerOffAsync();
        await other.PowerOffAsync();
    }

    private static async Task<DeploymentView> WatchAsync(RunningControlPlane controlPlane, Func<DeploymentView, bool> reached) =>
        await controlPlane.WatchUntilAsync("hello", reached).WaitAsync(s_rolloutLimit);

    private static Task<VirtualDevice> StartAsync(RunningControlPlane controlPlane, string id, string architecture, string token) =>
        VirtualDevice.StartAsync(new VirtualDeviceOptions
        {
            Id = id,
            Architecture = architecture,
            ApiPort = controlPlane.Address.Port,
            MqttPort = controlPlane.Mqtt.Port,
            EnrolmentToken = token,
            Labels = new Dictionary<string, string> { ["fleet"] = "all", ["ring"] = id },
            Results = Artifacts.ResultsFolder($"ControlPlane.Tests.{id}"),
        });

    private static async Task PushSampleAsync(RunningControlPlane controlPlane)
    {
        using MemoryStream tar = new();
        await TarFile.CreateFromDirectoryAsync(Artifacts.SampleImage, tar, includeBaseDirectory: false);
        tar.Position = 0;
        await controlPlane.Services.GetRequiredService<IImageStore>().ImportAsync(tar, "hello:1", CancellationToken.None);
    }

    // What is played takes the last argument for its version; what is real runs the shell, whose $0 that argument is.
    private static string Manifest(string version) => $$"""
        apiVersion: microvm/v1
        kind: Deployment
        metadata:
          name: hello
        spec:
          selector: fleet=all
          workload:
            kind: Service
            image: hello:1
            args: [/bin/sh, -c, 'echo "this is $0"; [ "$0" = bad ] && exit 3; exec sleep 100000', {{version}}]
            memory: 128MiB
            restartPolicy: Always
          strategy:
            canary: {selector: ring=canary}
            waves: [25%]
            maxUnavailable: 50%
            soakSeconds: 0
            healthGate: {readySeconds: 2}
            progressDeadlineSeconds: 240
            offlineDeadlineSeconds: 240
        """;
}
