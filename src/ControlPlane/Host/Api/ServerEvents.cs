using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;

namespace MicroVm.ControlPlane.Host.Api;

/// <summary>An answer of server-sent events (HTML standard section 9.2). One writer; ends when the client or the host does.</summary>
internal sealed class ServerEvents : IDisposable
{
    private readonly HttpResponse _response;
    private readonly CancellationTokenSource _end;
    private readonly TimeProvider _time;

    internal ServerEvents(HttpContext context, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        _response = context.Response;
        _time = time;
        _end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
    }

    /// <summary>Cancelled when nothing more is to be sent.</summary>
    internal CancellationToken End => _end.Token;

    internal async Task BeginAsync()
    {
        _response.ContentType = "text/event-stream";
        _response.Headers.CacheControl = "no-store";
        await _response.Body.FlushAsync(End);
    }

    /// <summary>Sends one event; the data is JSON, which has no line ends in it.</summary>
    internal async Task SendAsync<T>(string name, long? id, T data, JsonTypeInfo<T> type)
    {
        string idLine = id is long number ? string.Create(CultureInfo.InvariantCulture, $"id: {number}\n") : "";
        await _response.WriteAsync($"event: {name}\n{idLine}data: {JsonSerializer.Serialize(data, type)}\n\n", End);
    }

    internal Task FlushAsync() => _response.Body.FlushAsync(End);

    /// <summary>Waits for a wake.</summary>
    /// <inheritdoc cref="WaitAsync(Task)"/>
    internal Task WaitAsync(ChannelReader<bool> wakes) => WaitAsync(wakes.ReadAsync(End).AsTask());

    /// <summary>Waits for something to happen; sends a comment whenever nothing does for a while, so that a dead peer is noticed.</summary>
    internal async Task WaitAsync(Task wake)
    {
        while (true)
        {
            try
            {
                await wake.WaitAsync(ApiLimits.KeepAlive, _time, End);
                return;
            }
            catch (TimeoutException)
            {
                await _response.WriteAsync(": keep-alive\n\n", End);
                await FlushAsync();
                Kept?.Invoke();
            }
        }
    }

    /// <summary>Called after each keep-alive.</summary>
    internal Action? Kept { get; set; }

    public void Dispose() => _end.Dispose();
}
