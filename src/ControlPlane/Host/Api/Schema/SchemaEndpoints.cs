using MicroVm.ControlPlane.Host.Manifests;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Host.Api.Schema;

/// <summary>The schema of manifests; anybody may read it, because editors bring no token.</summary>
internal static class SchemaEndpoints
{
    internal static void MapSchema(this IEndpointRouteBuilder routes) => routes
        .MapGet(ApiPaths.ManifestSchema, static () => Results.Bytes(ManifestSchema.Bytes, "application/schema+json"))
        .AllowAnonymous()
        .WithSummary("The JSON Schema of manifests.")
        .Produces(StatusCodes.Status200OK, contentType: "application/schema+json");
}
