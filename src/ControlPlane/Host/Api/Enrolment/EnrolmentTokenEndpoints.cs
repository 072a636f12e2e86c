using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Host.Storage.Identity;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Enrolment;

/// <summary>Tokens that let devices in.</summary>
internal static class EnrolmentTokenEndpoints
{
    private const int MaxUses = 100_000, MinSeconds = 60, MaxSeconds = 365 * 24 * 3600;

    internal static void MapEnrolmentTokens(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.EnrolmentTokens, ListAsync).RequireAuthorization(AuthSchemes.Admin)
            .WithSummary("Enrolment tokens, without their secrets.").Produces<ListView<EnrolmentTokenView>>();
        routes.MapPost(ApiPaths.EnrolmentTokens, CreateAsync).RequireAuthorization(AuthSchemes.Admin)
            .WithSummary("Makes an enrolment token; it is shown this once.").Produces<EnrolmentTokenView>();
        routes.MapDelete(ApiPaths.EnrolmentToken("{id}"), RevokeAsync).RequireAuthorization(AuthSchemes.Admin)
            .WithSummary("Ends an enrolment token; devices that it let in stay.");
    }

    private static async Task<IResult> ListAsync([FromServices] EnrolmentTokenTable tokens, [FromServices] TimeProvider time) => Results.Json(
        new ListView<EnrolmentTokenView>([.. (await tokens.ListAsync()).Select(record => Of(record, null, time.GetUtcNow()))]),
        ApiJsonContext.Default.ListViewEnrolmentTokenView);

    private static async Task<IResult> CreateAsync(
        [FromBody] EnrolmentTokenAsk ask, [FromServices] EnrolmentTokenTable tokens, [FromServices] Fleet fleet, [FromServices] TimeProvider time)
    {
        IReadOnlyDictionary<string, string> labels = ask.Labels ?? ImmutableSortedDictionary<string, string>.Empty;
        List<FieldError> errors = [.. LabelRules.Check(labels, "labels")];
        Check(errors, "uses", ask.Uses, 1, MaxUses);
        Check(errors, "lifetimeSeconds", ask.LifetimeSeconds, MinSeconds, MaxSeconds);
        if (errors.Count > 0)
        {
            return Problems.Fields(errors);
        }

        DateTimeOffset now = time.GetUtcNow();
        EnrolmentToken token = EnrolmentToken.New(fleet.ServerAuthority.Certificate.RawData);
        EnrolmentTokenRecord record = new(
            token.Id,
            labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
            ask.NeedsApproval,
            ask.Uses,
            0,
            now,
            now.AddSeconds(ask.LifetimeSeconds),
            false);
        await tokens.AddAsync(token, record);
        return Results.Json(Of(record, token.ToString(), now), ApiJsonContext.Default.EnrolmentTokenView, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RevokeAsync(string id, [FromServices] EnrolmentTokenTable tokens) =>
        await tokens.RevokeAsync(id) ? Results.NoContent() : Problems.NotFound("enrolment token", id);

    private static void Check(List<FieldError> errors, string field, int value, int minimum, int maximum)
    {
        if (value < minimum || value > maximum)
        {
            errors.Add(new FieldError(field, $"{minimum} to {maximum}", $"{value}"));
        }
    }

    private static EnrolmentTokenView Of(EnrolmentTokenRecord record, string? token, DateTimeOffset now) => new(
        record.Id,
        record.Revoked ? "Revoked" : now >= record.ExpiresAt ? "Expired" : record.Uses >= record.MaxUses ? "Used" : "Usable",
        record.Uses,
        record.MaxUses,
        record.ExpiresAt,
        record.NeedsApproval,
        record.Labels,
        token);
}
