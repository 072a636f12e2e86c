using MicroVm.EdgeAgent.Bundles;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Local;

public sealed class LocalTextTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(AgentPhase.Fetching, "", true, "agent 1.3.0 came with it: 'microvm-agent status' says how far it is")]
    [InlineData(AgentPhase.Fetching, "", false, "agent 1.3.0 is not in the bundle: it waits for a network, or for a bundle that has it")]
    [InlineData(AgentPhase.Current, "", true, "agent 1.3.0 runs already")]
    [InlineData(AgentPhase.Refused, "it is older", true, "agent 1.3.0 is refused: it is older")]
    [InlineData(AgentPhase.Ready, "", true, "agent 1.3.0 is ready")]
    public void Bundle_SaysWhatBecomesOfTheAgent(AgentPhase phase, string message, bool isThere, string expected)
    {
        AgentTarget target = new(ReleaseVersion.Parse("1.3.0"), Digest.Of("u"u8), 1);
        AgentManifest manifest = new(target.Version, MachineArchitecture.Current, target.Digest, 1, []);
        BundleRelease release = new(target, new AgentStatus(phase, target.Digest, "1.3.0", message), isThere ? manifest : null);
        BundleOutcome outcome = new(false, IntakeResult.Accepted, 6, 7, 0, 0, 0, [], release, null);
        Assert.Equal($"generation 7 is held; it was 6\n{expected}", LocalText.OfBundle(LocalDocuments.OfOutcome(outcome)));
    }

    [Fact]
    public void Status_SaysFirstWhatAnEngineerAsks()
    {
        LocalStatus status = new()
        {
            Device = "edge-1",
            AgentVersion = "1.2.3",
            Update = new AgentStatus(AgentPhase.Failed, Digest.Of("u"u8), "1.3.0", "not connected within 300 s"),
            BootId = Guid.Empty,
            Generation = 7,
            Digest = "sha256:ab",
            IsConnected = false,
            ControlPlane = "10.0.0.1:1883",
            Paused = "since 2026-01-01 00:00 UTC by uid 0: fan",
            Vms = 3,
            Running = 2,
            SpooledBatches = 5,
            SpooledBytes = 4096,
            Counters = [("guestFaults", 2)],
            Link = new LocalLink(s_now.AddHours(-2), "Connection refused", 9, true, s_now.AddDays(-60), s_now.AddDays(30), 3, "", ""),
            Host = new LocalHost(s_now, false, new MemoryInfo(2UL << 30, 1UL << 30), 1024, 700, 20UL << 20, new FileSystemSpace(8UL << 30, 0, 5UL << 30)),
            Network = new LocalNetwork(true, true, "10.96.0.0/24", "10.96.0.1", 2),
            Images = [new LocalImage(new ImageReference(Digest.Of("x"u8), 3 << 20, "app:1"), false, 1 << 20)],
        };
        string text = LocalText.Of(LocalVerb.Status, LocalDocuments.OfStatus(status));
        Assert.Contains("10.0.0.1:1883, not connected since 2026-03-01T10:00:00Z, 9 attempts: Connection refused", text, StringComparison.Ordinal);
        Assert.Contains("until 2026-03-31T12:00:00Z, trust bundle 3", text, StringComparison.Ordinal);
        Assert.Contains("2026-03-01T12:00:00Z, not synchronised", text, StringComparison.Ordinal);
        Assert.Contains("700 MiB free of 1024 for them", text, StringComparison.Ordinal);
        Assert.Contains("5120 MiB available of 8192", text, StringComparison.Ordinal);
        Assert.Contains("10.96.0.0/24, gateway 10.96.0.1, 2 VMs have an address", text, StringComparison.Ordinal);
        Assert.Contains("3.0 MiB, MISSING, 1.0 MiB of it are here", text, StringComparison.Ordinal);
        Assert.Contains("PAUSED since 2026-01-01 00:00 UTC by uid 0: fan", text, StringComparison.Ordinal);
        Assert.Contains("2 running of 3", text, StringComparison.Ordinal);
        Assert.Contains("5 batches wait, 4 KiB", text, StringComparison.Ordinal);
        Assert.Contains("1.3.0 Failed: not connected within 300 s", text, StringComparison.Ordinal);
        Assert.Contains("guestFaults 2", text, StringComparison.Ordinal);
        Assert.Contains("ENDED at", Of(status.Link with { CertificateUntil = s_now.AddSeconds(-1) }), StringComparison.Ordinal);
        Assert.Contains("begins at", Of(status.Link with { CertificateFrom = s_now.AddSeconds(1) }), StringComparison.Ordinal);
        Assert.Contains("the device is not enrolled: no such token", Of(status.Link with { IsEnrolled = false, IdentityFault = "no such token" }), StringComparison.Ordinal);
        string quiet = LocalText.Of(LocalVerb.Status, LocalDocuments.OfStatus(status with { Paused = null, Counters = [] }));
        Assert.Contains("go through", quiet, StringComparison.Ordinal);
        Assert.Contains("none", quiet, StringComparison.Ordinal);

        string Of(LocalLink link) => LocalText.Of(LocalVerb.Status, LocalDocuments.OfStatus(status with { Link = link }));
    }

    [Fact]
    public void Event_SaysWhenWhatAndToWhom()
    {
        DeviceEvent happened = new(1_700_000_000_000, ResourceName.Parse("web"), true, "OutOfMemory", "killed\u001b");
        Assert.Equal("2023-11-14T22:13:20Z warning web: OutOfMemory killed\uFFFD", LocalText.Of(LocalVerb.Events, LocalDocuments.OfEvent(happened)));
    }

    [Theory]
    [InlineData(0, "      128 MiB     3 MiB")]
    [InlineData(48, "   48/128 MiB     3 MiB")]
    public void Vm_WhoseMemoryMoves_SaysWhatItHasOfWhatItMayHave(int granted, string expected)
    {
        VmStatus vm = new()
        {
            Name = ResourceName.Parse("web"), Deployment = ResourceName.Parse("web"), Revision = 1, Phase = VmPhase.Running, MemoryMib = 128, MemoryGrantedMib = granted,
        };

        string text = LocalText.Of(LocalVerb.Vms, LocalDocuments.OfVm(vm, 3 << 20, ""));

        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.Equal(LocalText.VmHead.IndexOf(" HELD", StringComparison.Ordinal) + 5, text.IndexOf("3 MiB", StringComparison.Ordinal) + 5);
    }

    [Fact]
    public void Line_OfAWorkload_CannotMoveTheCursor()
    {
        SessionLogEntry line = new(1, 1_700_000_000_123_000_000, LogStream.Stderr, "a\u001b[2Jb\tc");
        Assert.Equal(
            "2023-11-14T22:13:20.123Z stderr a\uFFFD[2Jb\tc", LocalText.Of(LocalVerb.Logs, LocalDocuments.OfLine(line)));
    }
}
