using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.SystemTests;

/// <content>What should never run: what operators write, and what comes to the device.</content>
public sealed partial class StoryTests
{
    private const string NoName = "../evil";

    /// <summary>What a device holds and runs.</summary>
    private sealed record Standing(ulong Generation, string Vmms);

    private enum Bad
    {
        ThousandVms,
        PathForAName,
        TenMebibytes,
    }

    [Theory]
    [InlineData(nameof(Bad.ThousandVms), "expected 1 to 100 documents, found 1000")]
    [InlineData(nameof(Bad.PathForAName), "documents[0].metadata.name: ")]
    [InlineData(nameof(Bad.TenMebibytes), "too large")]
    public async Task BadManifest_OfAnOperator_IsRefusedWithAReasonAndNothingIsStored(string kind, string reason)
    {
        Standing before = await LookAsync();
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Enum.Parse<Bad>(kind) switch
        {
            Bad.ThousandVms => string.Join("\n---\n", Enumerable.Range(1, 1000).Select(number => Manifest($"mistake-{number}", "hello:1", "memory: 96MiB"))),
            Bad.PathForAName => Manifest(NoName, "hello:1", "vcpus: 1") + "\n---\n" + Manifest("mistake", "hello:1", "vcpus: 1"),
            _ => Manifest("mistake", "hello:1", $"args: [\"{new string('x', 10 << 20)}\"]"),
        });

        Mvm.Result refused = await _story.Mvm.RunAsync("apply", "-f", file);
        File.Delete(file);

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(reason, refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("mistake", await _story.Mvm.MustAsync("get", "deployment", "-o", "json"), StringComparison.Ordinal);
        Assert.Equal(before, await LookAsync());
    }

    /// <summary>Somebody has the broker's place and all keys of the fleet: with what is wrong in itself they start, stop and downgrade nothing.</summary>
    [Fact]
    public async Task BadDesiredStates_FromATakenOverBroker_AreRefusedAndTheOperatorReadsWhy()
    {
        Standing before = await LookAsync();
        long last = (await _story.Client.GetEventsAsync(_story.DeviceId))[^1].Id;
        List<string> reasons = [];
        await _story.ControlPlane.StopAsync();
        await using (TakenOverBroker broker = await TakenOverBroker.StartAsync(_story.ControlPlane, _story.DeviceId))
        {
            ulong held = (await broker.WaitForHelloAsync(s_silenceLimit)).HeldGeneration;
            Assert.Equal(before.Generation, held);
            using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            (byte[] Payload, string Reason)[] bad =
            [
                (broker.Sign(Nothing(held - 1)), $"generation {held - 1}, because {held} is held"),
                (broker.Sign(Nothing(held + 1), key: stranger), "desired state: "),
                (broker.Sign(Nothing(held + 1), audience: "edge-9"), "desired state: "),
                (broker.Sign(Nothing(held)), $"generation {held} with other content than the held one"),
                (broker.Sign(WithVms(held + 1, 1000)), "expected at most 256 VMs, found 1000"),
                (broker.Sign(WithAPathForAName(held + 1)), NoName),
                (new byte[10 << 20], "message: expected at most"),
            ];
            foreach ((byte[] payload, string reason) in bad)
            {
                await broker.SendAsync(payload);
                reasons.Add(await broker.WaitForRefusalAsync(reason, s_silenceLimit));
            }
        }

        await _story.ControlPlane.StartAsync();

        await _story.Client.FollowDeviceEventsAsync(
            _story.DeviceId, last, "event of the last refusal", s_silenceLimit, found => found.Reason == "DesiredStateRefused" && found.Message == reasons[^1]);
        // The device's own event is of the first: those that follow within ten seconds are counted.
        await _story.Client.FollowDeviceEventsAsync(
            _story.DeviceId, last, "the device's own event", s_silenceLimit, found => found.Reason == "Refused" && found.Message == reasons[0]);
        string events = await _story.Mvm.MustAsync("events", _story.DeviceId);
        Assert.Contains(reasons[0], events, StringComparison.Ordinal);
        Assert.Contains(reasons[^1], events, StringComparison.Ordinal);
        Assert.Contains($"the device refused: {reasons[^1]}", await _story.Mvm.MustAsync("get", $"device/{_story.DeviceId}"), StringComparison.Ordinal);
        Assert.Equal(before, await LookAsync());

        // It takes what is right, and then all is well again.
        await ApplySecondAsync("right");
        await WaitForLineAsync("second", "this is right");
        await RemoveSecondAsync();
        Assert.Equal("", (await _story.Client.GetDeviceAsync(_story.DeviceId)).Condition);
        Assert.Equal(before.Vmms, (await LookAsync()).Vmms);
    }

    /// <summary>A control plane that lost its signing key and was given another one.</summary>
    [Fact]
    public async Task ControlPlane_WithAnotherSigningKey_MovesNoDeviceAndTheOperatorReadsWhy()
    {
        Standing before = await LookAsync();
        long last = (await _story.Client.GetEventsAsync(_story.DeviceId))[^1].Id;
        string file = Path.Combine(_story.ControlPlane.DataFolder, "identity", "signing-1.key"), right = await File.ReadAllTextAsync(file);
        using (ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            await RestartAsync(() => File.WriteAllText(file, other.ExportPkcs8PrivateKeyPem()));
        }

        await ApplySecondAsync("signed");
        EventView refused = await _story.Client.FollowDeviceEventsAsync(
            _story.DeviceId, last, "event of the refusal", s_silenceLimit, static found => found.Reason == "DesiredStateRefused");
        Assert.Contains($"the device refused: {refused.Message}", await _story.Mvm.MustAsync("get", $"device/{_story.DeviceId}"), StringComparison.Ordinal);
        Assert.Equal(before, await LookAsync());

        await RestartAsync(() => File.WriteAllText(file, right));
        await WaitForLineAsync("second", "this is signed");
        await RemoveSecondAsync();
        Assert.Equal(before.Vmms, (await LookAsync()).Vmms);
    }

    /// <summary>A control plane whose backup is older than what a device has been told since.</summary>
    [Fact]
    public async Task ControlPlane_RestoredFromAnOlderBackup_DowngradesNoDeviceAndTheOperatorReadsWhy()
    {
        string data = _story.ControlPlane.DataFolder, backup = data + "-backup", newest = data + "-newest";
        await RestartAsync(() => Copy(data, backup));
        await ApplySecondAsync("newer");
        await WaitForLineAsync("second", "this is newer");
        await _story.Client.WatchDeploymentAsync("second", "report of the newer generation", s_silenceLimit, static view => view.State == "Complete");
        Standing before = await LookAsync();

        await RestartAsync(() =>
        {
            Directory.Move(data, newest);
            Directory.Move(backup, data);
        });
        EventView newer = await HeldAsync("newer than this control plane's");
        Assert.StartsWith($"holds generation {before.Generation}, newer than this control plane's {before.Generation - 1}", newer.Message, StringComparison.Ordinal);
        Assert.Contains(newer.Message, await _story.Mvm.MustAsync("get", $"device/{_story.DeviceId}"), StringComparison.Ordinal);
        // The next change has the number that the device holds already.
        await ApplySecondAsync("another");
        EventView other = await HeldAsync("with other content than this control plane's");
        Assert.Contains(other.Message, await _story.Mvm.MustAsync("get", $"device/{_story.DeviceId}"), StringComparison.Ordinal);
        Assert.Equal(before, await LookAsync());

        await RestartAsync(() =>
        {
            Directory.Delete(data, recursive: true);
            Directory.Move(newest, data);
        });
        await _story.WaitUntilCompleteAsync("report to the control plane that knows all");
        Assert.Equal("", (await _story.Client.GetDeviceAsync(_story.DeviceId)).Condition);
        Assert.Equal(before, await LookAsync());
        await RemoveSecondAsync();

        Task<EventView> HeldAsync(string message) => _story.Client.FollowDeviceEventsAsync(
            _story.DeviceId, 0, $"event '{message}'", s_silenceLimit, found => found.Reason == "DesiredStateHeld" && found.Message.Contains(message, StringComparison.Ordinal));
    }

    private static void Copy(string from, string to)
    {
        using Process copy = Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
    }

    /// <summary>Stops the control plane, changes what it finds, and starts it again.</summary>
    private async Task RestartAsync(Action change)
    {
        await _story.ControlPlane.StopAsync();
        change();
        await _story.ControlPlane.StartAsync();
    }

    private async Task RemoveSecondAsync()
    {
        int from = _story.Device.AgentLog.Count;
        await _story.Mvm.MustAsync("delete", "deployment", "second");
        await _story.Device.AgentLog.WaitForAsync("second: removed", s_silenceLimit, from);
    }

    /// <summary>Asks the device itself.</summary>
    private async Task<Standing> LookAsync()
    {
        using JsonDocument status = JsonDocument.Parse((await _story.Device.RunAsync("microvm-agent status --json")).Succeeded());
        return new Standing(status.RootElement.GetProperty("generation").GetUInt64(), string.Join(' ', await _story.Device.VmmPidsAsync()));
    }

    private static DesiredEnvelope Nothing(ulong generation) => DesiredEnvelope.Of(generation, new DesiredState(generation, [], new AgentSettings()).Encode());

    private static DesiredEnvelope WithVms(ulong generation, int count) =>
        DesiredEnvelope.Of(generation, new DesiredState(generation, [.. Enumerable.Range(1, count).Select(static number => Specification($"many-{number}"))], new AgentSettings()).Encode());

    /// <summary>No program of ours writes such a name, so it is written over another one.</summary>
    private static DesiredEnvelope WithAPathForAName(ulong generation)
    {
        byte[] document = new DesiredState(generation, [Specification("no-evil")], new AgentSettings()).Encode();
        Encoding.UTF8.GetBytes(NoName).CopyTo(document, document.AsSpan().IndexOf("no-evil"u8));
        return DesiredEnvelope.Of(generation, document);
    }

    private static VmSpec Specification(string name) => new()
    {
        Name = ResourceName.Parse(name),
        Deployment = ResourceName.Parse("bad"),
        Revision = 1,
        Image = new ImageReference(Digest.Of("no image"u8), 8, "no:1"),
        Process = new ProcessSpec(["/bin/true"], new Dictionary<string, string>(), "/", ""),
    };
}
