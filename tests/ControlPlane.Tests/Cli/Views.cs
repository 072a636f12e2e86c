using System.Text.Json;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Cli;

/// <summary>Documents as a control plane gives them.</summary>
internal static class Views
{
    public static DeploymentView Deployment(string state, int ready = 0, int failed = 0, params DeploymentDeviceView[] devices) => new(
        "hello", 2, JsonDocument.Parse("{}").RootElement, state, 2, ready, ready, failed, DateTimeOffset.UtcNow.AddMinutes(-3), devices);

    public static DeviceView Device(string id, bool online = true, ulong observed = 3) => new(
        id,
        online,
        online ? DateTimeOffset.UtcNow.AddSeconds(-4) : null,
        "0.1.0",
        "x86_64",
        4,
        2UL << 30,
        8UL << 30,
        new Dictionary<string, string> { ["arch"] = "x86_64", ["device"] = id, ["site"] = "north" },
        3,
        observed,
        "",
        [new VmView("hello", "hello", 1, "Running", "", "", 0, "sha256:0", 128, 77, null)]);

    public static LogEntryView Log(long cursor, string text, string stream = "stdout") =>
        new(cursor, "dev-1", "hello", DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123), stream, text);
}
