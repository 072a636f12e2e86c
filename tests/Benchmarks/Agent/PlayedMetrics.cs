using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Benchmarks.Agent;

/// <summary>A workload that measures as much as it may: writes points to the vsock port for metrics, as many in each window as the agent takes.</summary>
internal sealed class PlayedMetrics(string path)
{
    private const int Series = 50;

    private readonly Random _random = new(7);

    /// <summary>Writes for as long as it takes; refusals of a window that is not over are waited out.</summary>
    /// <returns>Points that the agent took.</returns>
    internal async Task<int> WriteAsync(int points)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        using NetworkStream stream = new(socket);
        using StreamReader answers = new(stream);
        int taken = 0;
        while (taken < points)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(Message(taken)));
            string answer = await answers.ReadLineAsync() ?? throw new InvalidOperationException("the agent closed the connection for metrics");
            if (answer.StartsWith("204", StringComparison.Ordinal))
            {
                taken += MetricLimits.PointsPerMessage;
            }
            else if (answer.StartsWith("429", StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500));
            }
            else
            {
                throw new InvalidOperationException($"expected 204 or 429 for metrics, found: {answer}");
            }
        }

        return taken;
    }

    /// <summary>One message: values of instruments that move a little each time, as a workload's do.</summary>
    private string Message(int from)
    {
        StringBuilder json = new("[");
        for (int i = 0; i < MetricLimits.PointsPerMessage; i++)
        {
            double value = 20 + (from + i) % Series + Math.Round(_random.NextDouble(), 1);
            json.Append(i > 0 ? "," : "").Append(
                CultureInfo.InvariantCulture, $$$"""{"name":"temperature","value":{{{value}}},"unit":"Cel","labels":{"sensor":"s{{{i % Series}}}"}}""");
        }

        return json.Append("]\n").ToString();
    }
}
