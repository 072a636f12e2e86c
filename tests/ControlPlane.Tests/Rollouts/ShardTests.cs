using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.DependencyInjection;

namespace MicroVm.ControlPlane.Tests.Rollouts;

/// <summary>A fleet that takes more than one shard, its devices reduced to what their grains hear of them.</summary>
public sealed class ShardTests
{
    private const int DeviceCount = 1050;

    [Fact]
    public async Task Rollout_OverSeveralShards_ReachesEveryDeviceAndIsFoundAgainAfterARestart()
    {
        string directory = RunningControlPlane.NewDirectory();
        await using (RunningControlPlane first = await RunningControlPlane.StartAsync(directory))
        {
            IGrainFactory grains = first.Services.GetRequiredService<IGrainFactory>();
            Gateway gateway = new(grains, first.Fleet.Trust);
            IDeviceGateway reference = grains.CreateObjectReference<IDeviceGateway>(gateway);
            string[] devices = [.. Enumerable.Range(0, DeviceCount).Select(i => $"edge-{i:0000}")];
            await Task.WhenAll(devices.Select(device => grains.GetGrain<IDeviceGrain>(device).HelloAsync(
                new GatewayLink(reference, 1), Samples.Hello(labels: new Dictionary<string, string> { ["fleet"] = "all" })))).Within("hellos");

            await first.ApplyAsync(Manifest);
            DeploymentView view = await first.WatchUntilAsync("hello", view => view.Rollout?.Phase == "Complete" && view.Ready == DeviceCount);
            Assert.Equal((DeviceCount, DeviceCount, 0), (view.Targeted, view.Rollout!.Healthy, view.Failed));
            Assert.Equal(DeviceCount, gateway.Sent);
        }

        await using (RunningControlPlane second = await RunningControlPlane.StartAsync(directory))
        {
            DeploymentView again = await second.WatchUntilAsync("hello", view => view.Ready == DeviceCount);
            Assert.Equal("Complete", again.Rollout!.Phase);
        }

        Directory.Delete(directory, recursive: true);
    }

    private const string Manifest = """
        apiVersion: microvm/v1
        kind: Deployment
        metadata:
          name: hello
        spec:
          selector: fleet=all
          workload: {kind: Service, image: "hello:1"}
          strategy:
            canary: {count: 5}
            waves: [20%]
            maxUnavailable: 100%
            soakSeconds: 0
            healthGate: {readySeconds: 0}
        """;

    /// <summary>Devices that run at once what they are told.</summary>
    private sealed class Gateway(IGrainFactory grains, TrustBundle trust) : IDeviceGateway
    {
        private int _sent;

        public int Sent => _sent;

        public Task<bool> SendAsync(string device, long connection, DownlinkKind kind, byte[] payload)
        {
            ulong sequence = (ulong)Interlocked.Increment(ref _sent);
            DesiredState state = DesiredEnvelope.Decode(SignedMessage.Open(payload, trust.SigningKeys, SignedPurpose.Desired, device)).Open();
            ReportedState report = new(
                new UplinkHeader(Guid.NewGuid(), sequence, 0),
                state.Generation,
                [.. state.Vms.Select(vm => Samples.Status(vm.Deployment.Value, vm.Revision, VmPhase.Running))]);
            // Not waited for: the device's grain is in the call that this answers.
            grains.GetGrain<IDeviceGrain>(device).ReportedAsync(report).Ignore();
            return Task.FromResult(true);
        }
    }
}
