using System.Net;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Tests.Api;

public sealed class DeviceSettingsTests
{
    private static readonly string s_path = ApiPaths.DeviceSettings("edge-1");

    [Fact]
    public async Task Interval_Set_RaisesTheGenerationAndIsSentAndKept()
    {
        string directory = RunningControlPlane.NewDirectory();
        try
        {
            await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
            {
                await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
                using HttpResponseMessage put = await PutAsync(controlPlane, 30, "\"settings-1\"");
                Assert.Equal((HttpStatusCode.OK, "\"settings-2\""), (put.StatusCode, put.Headers.ETag?.Tag));

                DesiredState desired = await device.NextDesiredAsync();
                Assert.Equal((1UL, 30), (desired.Generation, desired.Settings.TelemetryIntervalSeconds));
                AuditView audit = (await controlPlane.GetAsync(ApiPaths.Audit, ApiJsonContext.Default.ListViewAuditView)).Items[^1];
                Assert.Equal(("PUT", s_path, 200), (audit.Verb, audit.Object, audit.Status));
                Assert.NotEqual(audit.Before, audit.After);
            }

            await using RunningControlPlane again = await RunningControlPlane.StartAsync(directory);
            Assert.Equal((30, 1UL), ((await again.DeviceAsync("edge-1")).TelemetryIntervalSeconds, (await again.DeviceAsync("edge-1")).DesiredGeneration));
            Assert.Equal(30, (await again.GetAsync(s_path, ApiJsonContext.Default.DeviceSettingsView)).TelemetryIntervalSeconds);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Interval_SameAgain_RaisesNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        using HttpResponseMessage put = await PutAsync(controlPlane, AgentSettings.DefaultTelemetryIntervalSeconds, "*");

        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(0UL, (await controlPlane.DeviceAsync("edge-1")).DesiredGeneration);
    }

    [Theory]
    [InlineData("edge-1", 0, "*", HttpStatusCode.UnprocessableEntity)]
    [InlineData("edge-1", 3_601, "*", HttpStatusCode.UnprocessableEntity)]
    [InlineData("edge-1", 30, null, HttpStatusCode.PreconditionRequired)]
    [InlineData("edge-1", 30, "\"settings-9\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("edge-2", 30, "*", HttpStatusCode.NotFound)]
    public async Task Interval_BadRequest_IsRefused(string device, int seconds, string? ifMatch, HttpStatusCode expected)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice known = await new FakeDevice("edge-1").StartAsync(controlPlane);

        using HttpResponseMessage put = await PutAsync(controlPlane, seconds, ifMatch, device);

        Assert.Equal(expected, put.StatusCode);
        Assert.Equal(5, (await controlPlane.DeviceAsync("edge-1")).TelemetryIntervalSeconds);
    }

    private static Task<HttpResponseMessage> PutAsync(RunningControlPlane controlPlane, int seconds, string? ifMatch, string device = "edge-1") =>
        controlPlane.SendAsync(
            HttpMethod.Put, ApiPaths.DeviceSettings(device), $$"""{"telemetryIntervalSeconds":{{seconds}}}""", "application/json", ifMatch);
}
