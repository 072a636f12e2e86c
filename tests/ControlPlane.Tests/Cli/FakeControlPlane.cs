using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MicroVm.ControlPlane.Tests.Cli;

/// <summary>An HTTP server that answers as the test says and keeps what it was asked.</summary>
internal sealed class FakeControlPlane : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentQueue<ReceivedRequest> _received = new();

    private FakeControlPlane(WebApplication server) => _server = server;

    public string Url => _server.Urls.Single();

    public IReadOnlyList<ReceivedRequest> Received => [.. _received];

    /// <summary>Starts a server with one handler for everything; the request's body is already read.</summary>
    public static async Task<FakeControlPlane> StartAsync(Func<ReceivedRequest, HttpResponse, Task> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        WebApplication server = builder.Build();
        FakeControlPlane fake = new(server);
        server.Run(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            ReceivedRequest request = new(
                context.Request.Method,
                context.Request.Path + context.Request.QueryString,
                context.Request.ContentType,
                context.Request.Headers.IfMatch.ToString(),
                body.ToArray());
            fake._received.Enqueue(request);
            await answer(request, context.Response);
        });
        await server.StartAsync();
        return fake;
    }

    /// <summary>A server that answers every request with one document.</summary>
    public static Task<FakeControlPlane> StartAsync<T>(T document, JsonTypeInfo<T> type, string? etag = null) =>
        StartAsync((_, response) => WriteAsync(response, document, type, etag));

    public static Task WriteAsync<T>(HttpResponse response, T document, JsonTypeInfo<T> type, string? etag = null)
    {
        response.ContentType = "application/json";
        response.Headers.ETag = etag;
        return response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(document, type)).AsTask();
    }

    public static async Task WriteEventAsync<T>(HttpResponse response, T document, JsonTypeInfo<T> type, string? kind = null)
    {
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream";
        }

        await response.WriteAsync($"{(kind is null ? "" : $"event: {kind}\n")}data: {JsonSerializer.Serialize(document, type)}\n\n");
        await response.Body.FlushAsync();
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();
}
