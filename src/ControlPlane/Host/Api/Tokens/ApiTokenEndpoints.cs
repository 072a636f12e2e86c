using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Storage.Identity;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Tokens;

/// <summary>Tokens of operators and programs, and who the caller is.</summary>
internal static class ApiTokenEndpoints
{
    private const int MaxNameLength = 63;

    internal static void MapApiTokens(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Caller, static (HttpContext context) => Results.Json(
                new CallerView(CallerClaims.NameOf(context.User), NameOf(CallerClaims.RoleOf(context.User)!.Value)), ApiJsonContext.Default.CallerView))
            .WithSummary("Who the caller is.").Produces<CallerView>();
        routes.MapGet(ApiPaths.ApiTokens, static ([FromServices] ApiTokenTable tokens, [FromServices] TimeProvider time) => Results.Json(
                new ListView<ApiTokenView>([.. tokens.List().Select(record => Of(record, null, time.GetUtcNow()))]), ApiJsonContext.Default.ListViewApiTokenView))
            .RequireAuthorization(AuthSchemes.Admin).WithSummary("Tokens of operators, without their secrets.").Produces<ListView<ApiTokenView>>();
        routes.MapPost(ApiPaths.ApiTokens, CreateAsync).RequireAuthorization(AuthSchemes.Admin)
            .WithSummary("Makes a token of an operator; it is shown this once.").Produces<ApiTokenView>();
        routes.MapDelete(ApiPaths.ApiToken("{id}"), static async (string id, [FromServices] ApiTokenTable tokens) =>
                await tokens.RevokeAsync(id) ? Results.NoContent() : Problems.NotFound("token", id))
            .RequireAuthorization(AuthSchemes.Admin).WithSummary("Ends a token of an operator.");
    }

    private static async Task<IResult> CreateAsync(
        [FromBody] ApiTokenAsk ask, [FromServices] ApiTokenTable tokens, [FromServices] TimeProvider time)
    {
        List<FieldError> errors = [];
        Role? role = ask.Role switch { "viewer" => Role.Viewer, "operator" => Role.Operator, "admin" => Role.Admin, _ => null };
        if (role is null)
        {
            errors.Add(new FieldError("role", "viewer, operator or admin", $"'{ask.Role}'"));
        }

        if (ask.Name is not { Length: > 0 and <= MaxNameLength } || ask.Name.Any(char.IsControl))
        {
            errors.Add(new FieldError("name", $"1 to {MaxNameLength} characters", $"{ask.Name?.Length ?? 0}"));
        }

        if (ask.LifetimeSeconds is < 0 or > int.MaxValue)
        {
            errors.Add(new FieldError("lifetimeSeconds", $"0 to {int.MaxValue}", $"{ask.LifetimeSeconds}"));
        }

        if (errors.Count > 0)
        {
            return Problems.Fields(errors);
        }

        ApiToken token = ApiToken.New();
        DateTimeOffset now = time.GetUtcNow();
        ApiTokenRecord record = new(
            token.Id, ask.Name!, role!.Value, now, ask.LifetimeSeconds == 0 ? null : now.AddSeconds(ask.LifetimeSeconds), false);
        await tokens.AddAsync(token, record);
        return Results.Json(Of(record, token.ToString(), now), ApiJsonContext.Default.ApiTokenView, statusCode: StatusCodes.Status201Created);
    }

    private static ApiTokenView Of(ApiTokenRecord record, string? token, DateTimeOffset now) => new(
        record.Id,
        record.Name,
        NameOf(record.Role),
        record.Revoked ? "Revoked" : record.ExpiresAt <= now ? "Expired" : "Usable",
        record.ExpiresAt,
        token);

    private static string NameOf(Role role) => role switch { Role.Admin => "admin", Role.Operator => "operator", _ => "viewer" };
}
