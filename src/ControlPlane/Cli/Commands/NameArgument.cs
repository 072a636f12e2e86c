using System.CommandLine;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary>Arguments that become parts of a URL: nothing that is not a name passes.</summary>
internal static class NameArgument
{
    /// <summary>The name of a deployment.</summary>
    public static Argument<string> Deployment(bool optional = false) => new("NAME")
    {
        Description = "Name of the deployment",
        Arity = optional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
        CustomParser = static result => Parse(result, static text => ResourceName.Parse(text).Value),
    };

    /// <summary>The id of a device.</summary>
    public static Argument<string> Device() => new("ID")
    {
        Description = "Id of the device",
        CustomParser = static result => Parse(result, static text => DeviceId.Parse(text).Value),
    };

    /// <summary>The id of a device, or nothing for all.</summary>
    public static Argument<string?> AnyDevice() => new("DEVICE")
    {
        Description = "Id of the device; all when not given",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = static result => Parse<string?>(result, static text => DeviceId.Parse(text).Value),
    };

    /// <summary>The ids of devices.</summary>
    public static Argument<string[]> Devices() => new("DEVICE")
    {
        Description = "Ids of the devices",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = static result =>
        {
            try
            {
                return [.. result.Tokens.Select(static token => DeviceId.Parse(token.Value).Value)];
            }
            catch (FormatException e)
            {
                return GlobalOptions.Refuse<string[]>(result, e.Message);
            }
        },
    };

    /// <summary>A device and one of its VMs.</summary>
    public static Argument<(DeviceId Device, ResourceName Vm)> DeviceAndVm() => new("DEVICE/VM")
    {
        Description = "Id of the device and name of the VM",
        CustomParser = static result => Parse(result, static text => text.Split('/') is [string device, string vm]
            ? (DeviceId.Parse(device), ResourceName.Parse(vm))
            : throw new FormatException($"VM: expected DEVICE/VM, found '{text}'")),
    };

    /// <summary>The name of a secret.</summary>
    public static Argument<string> Secret() => new("NAME")
    {
        Description = "Name of the secret",
        CustomParser = static result => Parse(result, static text => ResourceName.Parse(text).Value),
    };

    /// <summary>A volume of a VM of a device.</summary>
    public static Argument<(DeviceId Device, ResourceName Vm, ResourceName Name)> Volume() => new("DEVICE/VM/NAME")
    {
        Description = "Id of the device, name of the VM and name of its volume",
        CustomParser = static result => Parse(result, static text => text.Split('/') is [string device, string vm, string name]
            ? (DeviceId.Parse(device), ResourceName.Parse(vm), ResourceName.Parse(name))
            : throw new FormatException($"volume: expected DEVICE/VM/NAME, found '{text}'")),
    };

    /// <summary>A kind of resource and one of its name.</summary>
    public static Argument<(string Kind, string Name)> Resource() => new("KIND/NAME")
    {
        Description = "device/ID or deployment/NAME",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = static result => Parse<(string, string)>(result, static text => text.Split('/') switch
        {
            ["device", string id] => ("device", DeviceId.Parse(id).Value),
            ["deployment", string name] => ("deployment", ResourceName.Parse(name).Value),
            _ => throw new FormatException($"expected device/ID, deployment/NAME or a command, found '{text}'"),
        }),
    };

    /// <summary>A device, or a device and one of its VMs, or nothing.</summary>
    public static Argument<(string? Device, string? Vm)> DeviceOrVm() => new("DEVICE[/VM]")
    {
        Description = "Id of the device, and name of the VM",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = static result => Parse<(string?, string?)>(result, static text => text.Split('/') switch
        {
            [string device] => (DeviceId.Parse(device).Value, null),
            [string device, string vm] => (DeviceId.Parse(device).Value, ResourceName.Parse(vm).Value),
            _ => throw new FormatException($"expected DEVICE or DEVICE/VM, found '{text}'"),
        }),
    };

    private static T Parse<T>(System.CommandLine.Parsing.ArgumentResult result, Func<string, T> parse)
    {
        if (result.Tokens.Count == 0)
        {
            return default!;
        }

        try
        {
            return parse(result.Tokens[0].Value);
        }
        catch (FormatException e)
        {
            return GlobalOptions.Refuse<T>(result, e.Message);
        }
    }
}
