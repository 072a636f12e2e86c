using System.Text.Json;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.SystemTests.Updates;

/// <summary>Updates of a device's agent as an operator orders and follows them.</summary>
/// <param name="device">The device.</param>
/// <param name="limit">Longest time to fetch, verify, unpack and try a release.</param>
internal sealed class AgentUpdates(DeviceFixture device, TimeSpan limit)
{
    internal async Task StartAsync(string version, string artifact)
    {
        await device.Mvm.MustAsync("agent", "releases", "push", version, "--arch", $"{device.Architecture}={artifact}");
        await device.Mvm.MustAsync("agent", "update", version, "--device", device.DeviceId);
    }

    internal async Task<(string Running, string Desired)> VersionsAsync()
    {
        AgentUpdateView status = await StatusAsync();
        return (status.RunningVersion, status.DesiredVersion);
    }

    /// <summary>The report comes at most half a second after what it is about; there is nothing that says when it was taken.</summary>
    internal async Task WaitForPhaseAsync(string phase)
    {
        using CancellationTokenSource cancellation = new(limit);
        AgentUpdateView status = await StatusAsync();
        while (status.Phase != phase || !status.Online)
        {
            Assert.False(cancellation.IsCancellationRequested, $"expected phase {phase} within {limit.TotalSeconds} s, found {status}");
            await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
            status = await StatusAsync();
        }
    }

    private async Task<AgentUpdateView> StatusAsync() => Assert.Single(JsonSerializer.Deserialize(
        await device.Mvm.MustAsync("agent", "status", "-o", "json"), ApiJsonContext.Default.ListViewAgentUpdateView)!.Items);
}
