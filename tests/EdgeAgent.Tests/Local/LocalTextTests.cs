using MicroVm.EdgeAgent.Local;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Local;

public sealed class LocalTextTests
{
    [Fact]
    public void Status_SaysFirstWhatAnEngineerAsks()
    {
        LocalStatus status = new()
        {
            Device = "edge-1",
            AgentVersion = "1.2.3",
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
        };
        string text = LocalText.Of(LocalVerb.Status, LocalDocuments.OfStatus(status));
        Assert.Contains("10.0.0.1:1883, not connected", text, StringComparison.Ordinal);
        Assert.Contains("PAUSED since 2026-01-01 00:00 UTC by uid 0: fan", text, StringComparison.Ordinal);
        Assert.Contains("2 running of 3", text, StringComparison.Ordinal);
        Assert.Contains("5 batches wait, 4 KiB", text, StringComparison.Ordinal);
        Assert.Contains("guestFaults 2", text, StringComparison.Ordinal);
        string quiet = LocalText.Of(LocalVerb.Status, LocalDocuments.OfStatus(status with { Paused = null, Counters = [] }));
        Assert.Contains("go through", quiet, StringComparison.Ordinal);
        Assert.Contains("none", quiet, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_OfAWorkload_CannotMoveTheCursor()
    {
        SessionLogEntry line = new(1, 1_700_000_000_123_000_000, LogStream.Stderr, "a\u001b[2Jb\tc");
        Assert.Equal(
            "2023-11-14T22:13:20.123Z stderr a\uFFFD[2Jb\tc", LocalText.Of(LocalVerb.Logs, LocalDocuments.OfLine(line)));
    }
}
