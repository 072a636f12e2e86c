using System.Text.Json;

namespace MicroVm.ControlPlane.Host.Api;

/// <summary>
/// Makes every error a problem: what no endpoint matched, bodies that cannot be read, and faults. A fault's text stays in
/// the log.
/// </summary>
internal static partial class ProblemMiddleware
{
    internal static async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null })
            {
                await Problems.WriteAsync(context, context.Response.StatusCode, Describe(context));
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Problems.WriteAsync(context, e.StatusCode, e.InnerException is JsonException json ? $"body: expected JSON: {json.Message}" : e.Message);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            ILogger logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ProblemMiddleware));
            Fault(logger, context.Request.Method, context.TraceIdentifier, e);
            await Problems.WriteAsync(
                context, StatusCodes.Status500InternalServerError, $"a fault of the control plane, logged as {context.TraceIdentifier}");
        }
    }

    private static string Describe(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => "path: expected one that /openapi/v1.json lists",
        StatusCodes.Status405MethodNotAllowed => $"method: expected one that this path takes, found {context.Request.Method}",
        StatusCodes.Status415UnsupportedMediaType => "Content-Type: expected one that this path takes",
        _ => "the request could not be served",
    };

    [LoggerMessage(3000, LogLevel.Error, "api: {Method} request {Trace} failed")]
    private static partial void Fault(ILogger logger, string method, string trace, Exception fault);
}
