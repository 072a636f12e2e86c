using MicroVm.ControlPlane.Host.Api.Devices;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Telemetry;

/// <summary>Samples of devices and VMs.</summary>
internal static class TelemetryEndpoints
{
    internal static void MapTelemetry(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Telemetry, NewestAsync).WithSummary("The newest sample of every device.").Produces<ListView<TelemetryView>>();
        routes.MapGet(ApiPaths.DeviceTelemetry("{id}"), GetAsync)
            .WithSummary("A device's newest samples, newest first.").Produces<ListView<TelemetryView>>();
    }

    private static async Task<IResult> NewestAsync([FromServices] TelemetryQueries queries, CancellationToken cancellationToken) =>
        Results.Json(
            new ListView<TelemetryView>(await queries.NewestAsync(cancellationToken)), ApiJsonContext.Default.ListViewTelemetryView);

    private static async Task<IResult> GetAsync(
        string id,
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] TelemetryQueries queries,
        CancellationToken cancellationToken,
        int limit = ApiLimits.DefaultItems) =>
        !await DeviceEndpoints.IsKnownAsync(id, directory) ? Problems.NotFound("device", id)
        : limit is < 1 or > ApiLimits.Items
            ? Problems.Of(StatusCodes.Status400BadRequest, $"limit: expected 1 to {ApiLimits.Items}, found {limit}")
        : Results.Json(
            new ListView<TelemetryView>(await queries.SamplesAsync(id, limit, cancellationToken)), ApiJsonContext.Default.ListViewTelemetryView);
}
