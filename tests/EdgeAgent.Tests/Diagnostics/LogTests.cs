using System.Reflection;
using MicroVm.EdgeAgent.Diagnostics;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Tests.Diagnostics;

public sealed class LogTests
{
    /// <summary>Whoever looks for one line by its event id finds no other.</summary>
    [Fact]
    public void EventIds_OfAllAreas_Differ()
    {
        int[] ids = [.. typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().Select(static message => message.EventId)];

        Assert.True(ids.Length > 50, $"expected the lines of the agent, found {ids.Length}");
        Assert.Empty(ids.GroupBy(static id => id).Where(static same => same.Count() > 1).Select(static same => same.Key));
    }
}
