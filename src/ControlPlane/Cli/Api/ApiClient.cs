using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Cli.Api;

/// <summary>The control plane's REST API. Paths come from <see cref="ApiPaths"/>.</summary>
internal sealed class ApiClient : IDisposable
{
    private const int MaxProblemBytes = 1 << 20;

    /// <summary>Bodies over this wait until the server wants them: one that refuses closes the connection, and its answer would be lost with what is still sent.</summary>
    private const int SmallBodyBytes = 64 << 10;

    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(5);

    private readonly Uri _server;
    /// <summary>Longest wait for a whole answer; a push has none, because importing an image takes as long as it takes.</summary>
    private static readonly TimeSpan s_answerLimit = TimeSpan.FromSeconds(60);

    /// <summary>Longest silence of a watch: the server sends a comment every 15 s.</summary>
    private static readonly TimeSpan s_silenceLimit = TimeSpan.FromSeconds(45);

    /// <summary>Longest wait of a larger body for the server to want it; then it is sent unasked, for a proxy that does not know the question.</summary>
    private static readonly TimeSpan s_continueLimit = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <summary>Creates a client; nothing is connected before the first request.</summary>
    /// <param name="server">Address of the control plane.</param>
    /// <param name="token">Token of the caller; empty for none.</param>
    /// <param name="tls">Whose certificate the server has to have.</param>
    /// <param name="time">Clock.</param>
    public ApiClient(Uri server, string token, SslClientAuthenticationOptions tls, TimeProvider time)
    {
        _time = time;
        _server = server;
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = s_connectTimeout,
            Expect100ContinueTimeout = s_continueLimit,
            AllowAutoRedirect = false,
            SslOptions = tls,
        };
        // Watches and pushes take as long as they take; connecting has its own limit.
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 256 << 20 };
        if (token.Length > 0 && !_http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}"))
        {
            throw new UsageException("token: expected one line as 'mvm token create' prints it, found another text");
        }
    }

    /// <summary>GETs a document.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="ServerUnreachableException">It does not answer.</exception>
    public async Task<Versioned<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, Address(path));
        using HttpResponseMessage response = await SendAsync(request, s_answerLimit, cancellation);
        return new Versioned<T>(await ReadAsync(response, type, cancellation), response.Headers.ETag?.ToString());
    }

    /// <summary>GETs a text as it is.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<string> GetTextAsync(string path, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, Address(path));
        using HttpResponseMessage response = await SendAsync(request, s_answerLimit, cancellation);
        return await response.Content.ReadAsStringAsync(cancellation);
    }

    /// <summary>GETs content as a stream, whose reads end when nothing comes for a while.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<Stream> GetStreamAsync(string path, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, Address(path));
        HttpResponseMessage response = await SendAsync(request, s_answerLimit, cancellation, HttpCompletionOption.ResponseHeadersRead);
        // The stream ends the response when it is disposed.
        return new SilenceLimitedStream(await response.Content.ReadAsStreamAsync(cancellation), s_silenceLimit, _time);
    }

    /// <summary>POSTs content and reads the answer.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<T> PostAsync<T>(string path, HttpContent content, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Address(path)) { Content = content };
        using HttpResponseMessage response = await SendAsync(request, Timeout.InfiniteTimeSpan, cancellation);
        return await ReadAsync(response, type, cancellation);
    }

    /// <summary>POSTs a document and reads the answer.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<TAnswer> PostAsync<T, TAnswer>(
        string path, T document, JsonTypeInfo<T> type, JsonTypeInfo<TAnswer> answer, CancellationToken cancellation)
    {
        using ByteArrayContent content = new(JsonSerializer.SerializeToUtf8Bytes(document, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await PostAsync(path, content, answer, cancellation);
    }

    /// <summary>PUTs a document over the version that was read.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task PutAsync<T>(string path, Versioned<T> document, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(document.Value, type);
        using ByteArrayContent content = new(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpRequestMessage request = new(HttpMethod.Put, Address(path)) { Content = content };
        if (document.ETag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", document.ETag);
        }

        (await SendAsync(request, s_answerLimit, cancellation)).Dispose();
    }

    /// <summary>PUTs content and reads the answer.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<T> PutAsync<T>(string path, HttpContent content, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, Address(path)) { Content = content };
        using HttpResponseMessage response = await SendAsync(request, s_answerLimit, cancellation);
        return await ReadAsync(response, type, cancellation);
    }

    /// <summary>DELETEs a resource.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task DeleteAsync(string path, string? etag, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Delete, Address(path));
        if (etag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", etag);
        }

        (await SendAsync(request, s_answerLimit, cancellation)).Dispose();
    }

    /// <summary>GETs server-sent events until the server ends the stream or the connection breaks, which ends it as well.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async IAsyncEnumerable<SseItem<T>> WatchAsync<T>(
        string path, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class
    {
        using HttpRequestMessage request = new(HttpMethod.Get, Address(path));
        request.Headers.Accept.ParseAdd("text/event-stream");
        using HttpResponseMessage response = await SendAsync(request, s_answerLimit, cancellation, HttpCompletionOption.ResponseHeadersRead);
        await using SilenceLimitedStream stream = new(
            await response.Content.ReadAsStreamAsync(cancellation), s_silenceLimit, _time);
        SseParser<T?> parser = SseParser.Create(stream, (_, data) => Parse(data, type));
        await using IAsyncEnumerator<SseItem<T?>> events = parser.EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
        while (await MoveNextAsync(events))
        {
            if (events.Current.Data is { } item)
            {
                yield return new SseItem<T>(item, events.Current.EventType);
            }
        }
    }

    /// <summary>Opens a session's connection.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<SessionChannel> OpenSessionAsync(string path, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(s_answerLimit, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            (WebSocketChannel? channel, HttpResponseMessage? refusal) = await WebSocketClient.ConnectAsync(_http, Address(path), _time, either.Token);
            using (refusal)
            {
                return channel ?? throw new ApiException(await ProblemAsync(refusal!, cancellation));
            }
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw Unreachable(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static async Task<bool> MoveNextAsync<T>(IAsyncEnumerator<T> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return false;
        }
        catch (JsonException e)
        {
            throw new ApiException(new ProblemView(null, "not an event of a control plane", 0, $"event stream: expected {typeof(T).Name} as JSON: {e.Message}", null));
        }
    }

    private static T? Parse<T>(ReadOnlySpan<byte> data, JsonTypeInfo<T> type)
        where T : class =>
        data.IsEmpty ? null : JsonSerializer.Deserialize(data, type);

    private static async Task<ProblemView> ProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        int status = (int)response.StatusCode;
        string title = response.ReasonPhrase ?? "error";
        if (response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json"
            && response.Content.Headers.ContentLength is null or <= MaxProblemBytes)
        {
            try
            {
                byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
                return JsonSerializer.Deserialize(body, ApiJsonContext.Default.ProblemView) ?? new ProblemView(null, title, status, null, null);
            }
            catch (JsonException)
            {
                // Not what it says it is: the status has to do.
            }
        }

        return new ProblemView(null, title, status, $"the server answered {status} {title}", null);
    }

    private Uri Address(string path) => new(_server, path);

    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        TimeSpan limit,
        CancellationToken cancellation,
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        using CancellationTokenSource deadline = new(limit, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        request.Headers.ExpectContinue = request.Content?.Headers is { ContentLength: null or > SmallBodyBytes } ? true : null;
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, completion, either.Token);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw Unreachable(e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw new ApiException(await ProblemAsync(response, cancellation));
        }
    }

    private ServerUnreachableException Unreachable(Exception e)
    {
        // The innermost exception has the system's own words.
        Exception cause = e.GetBaseException();
        string found = e is OperationCanceledException ? "no answer in time" : cause.Message;
        return new ServerUnreachableException($"server {_server}: expected a control plane, found: {found}", e);
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        try
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new ApiException(new ProblemView(
                null, "not an answer of a control plane", (int)response.StatusCode, $"server {_server}: expected an answer of the API in JSON, found something else: {e.Message}", null));
        }
    }
}
