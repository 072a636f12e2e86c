using MicroVm.ControlPlane.Host.Api.Devices;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Telemetry;

/// <summary>What workloads measured themselves.</summary>
internal static class MetricEndpoints
{
    internal static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Metrics("{id}"), SeriesAsync)
            .WithSummary("Series of workloads' metrics with their newest points.").Produces<ListView<MetricSeriesView>>();
        routes.MapGet(ApiPaths.MetricPoints("{id}"), PointsAsync)
            .WithSummary("Points of workloads' metrics in the order in which they came, newest last.").Produces<ListView<MetricPointView>>();
    }

    private static async Task<IResult> SeriesAsync(
        string id,
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] MetricQueries queries,
        CancellationToken cancellation,
        string vm = "",
        string name = "",
        int limit = ApiLimits.Items) =>
        await RefusalAsync(id, limit, directory) ?? Results.Json(
            new ListView<MetricSeriesView>(await queries.SeriesAsync(id, vm, name, limit, cancellation)), ApiJsonContext.Default.ListViewMetricSeriesView);

    private static async Task<IResult> PointsAsync(
        string id,
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] MetricQueries queries,
        CancellationToken cancellation,
        DateTimeOffset? since = null,
        string vm = "",
        string name = "",
        int limit = ApiLimits.DefaultItems) =>
        await RefusalAsync(id, limit, directory) ?? Results.Json(
            new ListView<MetricPointView>(await queries.PointsAsync(id, vm, name, since, limit, cancellation)), ApiJsonContext.Default.ListViewMetricPointView);

    private static async Task<IResult?> RefusalAsync(string id, int limit, SqliteDeviceDirectory directory) =>
        !await DeviceEndpoints.IsKnownAsync(id, directory) ? Problems.NotFound("device", id)
        : limit is < 1 or > ApiLimits.Items ? Problems.Of(StatusCodes.Status400BadRequest, $"limit: expected 1 to {ApiLimits.Items}, found {limit}")
        : null;
}
