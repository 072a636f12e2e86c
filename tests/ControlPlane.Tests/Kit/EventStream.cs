using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Reads server-sent events one by one.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private EventStream(HttpResponseMessage response, Stream body) => (_response, _reader) = (response, new StreamReader(body));

    internal static async Task<EventStream> OpenAsync(RunningControlPlane controlPlane, string path, string? lastEventId = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        HttpResponseMessage response = await controlPlane.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within($"open {path}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new EventStream(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event; null when the stream has ended.</summary>
    internal async Task<(string Event, string? Id, T Data)?> NextAsync<T>(JsonTypeInfo<T> type)
    {
        string name = "";
        string? id = null, data = null;
        while (await _reader.ReadLineAsync().Within("next line of an event stream") is string line)
        {
            if (line.Length == 0 && data is not null)
            {
                return (name, id, JsonSerializer.Deserialize(data, type)!);
            }

            string[] field = line.Split(": ", 2);
            (name, id, data) = field[0] switch
            {
                "event" => (field[1], id, data),
                "id" => (name, field[1], data),
                "data" => (name, id, field[1]),
                _ => (name, id, data),
            };
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _response.Dispose();
        return ValueTask.CompletedTask;
    }
}
