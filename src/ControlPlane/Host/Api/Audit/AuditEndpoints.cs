using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Storage.Identity;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Audit;

/// <summary>The audit log.</summary>
internal static class AuditEndpoints
{
    internal static void MapAudit(this IEndpointRouteBuilder routes) =>
        routes.MapGet(ApiPaths.Audit, ReadAsync).RequireAuthorization(AuthSchemes.Admin)
            .WithSummary("What was changed by whom, oldest first.").Produces<ListView<AuditView>>();

    private static async Task<IResult> ReadAsync(
        [FromServices] AuditLog log, CancellationToken cancellation, [FromQuery] long after = 0, [FromQuery] int limit = ApiLimits.DefaultItems) =>
        limit is < 1 or > ApiLimits.Items
            ? Problems.Of(StatusCodes.Status400BadRequest, $"limit: expected 1 to {ApiLimits.Items}, found {limit}")
            : Results.Json(new ListView<AuditView>(await log.ReadAsync(after, limit, cancellation)), ApiJsonContext.Default.ListViewAuditView);
}
