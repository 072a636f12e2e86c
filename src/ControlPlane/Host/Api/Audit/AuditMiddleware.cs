using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Storage.Identity;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Host.Api.Audit;

/// <summary>
/// Notes every request that changes something, refused ones as well, with the digest of the object before and after. Callers that
/// nobody knows are refused without a note: they could fill the disk with them.
/// </summary>
internal static class AuditMiddleware
{
    internal static async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        HttpRequest request = context.Request;
        bool reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (reads || CallerClaims.RoleOf(context.User) is not Role role || !request.Path.StartsWithSegments(ApiPaths.Root, StringComparison.Ordinal) || context.GetEndpoint() is null)
        {
            await next(context);
            return;
        }

        AuditSubject subject = context.RequestServices.GetRequiredService<AuditSubject>();
        string? before = await subject.DigestAsync(request.Path);
        int status = StatusCodes.Status500InternalServerError;
        try
        {
            await next(context);
            status = context.Response.StatusCode;
        }
        catch (BadHttpRequestException e)
        {
            status = e.StatusCode;
            throw;
        }
        finally
        {
            await context.RequestServices.GetRequiredService<AuditLog>().AddAsync(new AuditView(
                0,
                context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(),
                CallerClaims.NameOf(context.User),
                role.ToString(),
                request.Method,
                request.Path + request.QueryString,
                status,
                before,
                await subject.DigestAsync(request.Path)));
        }
    }
}
