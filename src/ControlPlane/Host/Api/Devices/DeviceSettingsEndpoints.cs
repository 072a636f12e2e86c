using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Devices;

/// <summary>How agents are to behave, device by device.</summary>
internal static class DeviceSettingsEndpoints
{
    internal static void MapDeviceSettings(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.DeviceSettings("{id}"), GetAsync).WithSummary("A device's settings.").Produces<DeviceSettingsView>();
        routes.MapPut(ApiPaths.DeviceSettings("{id}"), PutAsync)
            .WithSummary("Replaces a device's settings; If-Match is required.").Produces<DeviceSettingsView>();
    }

    private static async Task<IResult> GetAsync(
        string id, HttpResponse response, [FromServices] SqliteDeviceDirectory directory, [FromServices] IGrainFactory grains) =>
        await DeviceEndpoints.IsKnownAsync(id, directory) && await grains.GetGrain<IDeviceGrain>(id).GetSettingsAsync() is DeviceSettings settings
            ? Show(response, settings)
            : Problems.NotFound("device", id);

    private static async Task<IResult> PutAsync(
        string id,
        HttpRequest request,
        HttpResponse response,
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] IGrainFactory grains,
        [FromBody] DeviceSettingsView wanted)
    {
        if (!await DeviceEndpoints.IsKnownAsync(id, directory))
        {
            return Problems.NotFound("device", id);
        }

        if (!ETags.HasIfMatch(request))
        {
            return Problems.MatchRequired("settings");
        }

        if (wanted.TelemetryIntervalSeconds is < AgentSettings.MinTelemetryIntervalSeconds or > AgentSettings.MaxTelemetryIntervalSeconds)
        {
            return Problems.Fields([new FieldError(
                "telemetryIntervalSeconds",
                $"{AgentSettings.MinTelemetryIntervalSeconds} to {AgentSettings.MaxTelemetryIntervalSeconds}",
                $"{wanted.TelemetryIntervalSeconds}")]);
        }

        IDeviceGrain grain = grains.GetGrain<IDeviceGrain>(id);
        if (await grain.GetSettingsAsync() is not DeviceSettings current)
        {
            return Problems.NotFound("device", id);
        }

        if (ETags.IfMatch(request) is string expected && expected != ETagOf(current.Version))
        {
            return Problems.Stale("settings");
        }

        return await grain.SetSettingsAsync(wanted.TelemetryIntervalSeconds, current.Version) is DeviceSettings { Changed: true } changed
            ? Show(response, changed)
            : Problems.Stale("settings");
    }

    private static IResult Show(HttpResponse response, DeviceSettings settings)
    {
        ETags.Set(response, ETagOf(settings.Version));
        return Results.Json(new DeviceSettingsView(settings.TelemetryIntervalSeconds), ApiJsonContext.Default.DeviceSettingsView);
    }

    private static string ETagOf(long version) => $"\"settings-{version}\"";
}
